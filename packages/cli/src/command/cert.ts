import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QuicError } from 'tsquic';
import { createSelfSigned, type PemPair, type SelfSignedOptions } from 'tsquic/certificates';
import type { Arguments } from '../arguments.ts';
import { Failure, systemFailure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `tsquic cert`: resolves with the exit code. Throws a `Failure` when a file exists already or cannot be
 * written.
 */
export async function cert(args: Arguments, terminal: Terminal): Promise<number> {
  const directory = args.text('out') ?? '';
  const hosts = args.list('host');
  const days = args.number('days');
  const usages = [args.flag('client') ? ('client' as const) : ('server' as const)];
  const pair = await make({ hosts, usages, ...(days === undefined ? {} : { days }) });
  const certPath = join(directory, 'cert.pem');
  const keyPath = join(directory, 'key.pem');
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw systemFailure(error, `make ${directory}`);
  }
  await store(keyPath, pair.privateKeyPem, 0o600, args.flag('force'));
  await store(certPath, pair.certificatePem, 0o644, args.flag('force'));
  terminal.out(`${certPath} and ${keyPath} for ${hosts.join(', ')}`);
  return 0;
}

async function make(options: SelfSignedOptions): Promise<PemPair> {
  try {
    return await createSelfSigned(options);
  } catch (error) {
    const [, complaint] = error instanceof QuicError ? (/^hosts: (.*)$/s.exec(error.message) ?? []) : [];
    throw complaint === undefined ? error : new Failure('ERR_TSQUIC_HOST', `--host ${complaint}`);
  }
}

async function store(path: string, text: string, mode: number, force: boolean): Promise<void> {
  try {
    // An existing file may be a link, or readable by others, so it is replaced and not overwritten.
    if (force) await rm(path, { force: true });
    await writeFile(path, text, { mode, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw systemFailure(error, `write ${path}`);
    throw new Failure('EEXIST', `${path} is there already`, '--force overwrites it');
  }
}

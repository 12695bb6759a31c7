import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Arguments } from '../arguments.ts';
import { Failure, systemFailure } from '../failure.ts';
import { createSelfSigned } from '../self-signed.ts';
import type { Terminal } from '../terminal.ts';

/** `tsquic cert`: resolves with the exit code. Throws a `Failure` when a file is in the way or cannot be written. */
export async function cert(args: Arguments, terminal: Terminal): Promise<number> {
  const directory = args.text('out') ?? '';
  const hosts = args.list('host');
  const odd = hosts.find((host) => !/^(\*\.)?[A-Za-z0-9._-]+$|^[0-9a-fA-F:.]+$/.test(host));
  if (odd !== undefined) throw new Failure('ERR_TSQUIC_HOST', `--host ${odd}: neither a DNS name nor an IP`);
  const days = args.number('days');
  const pair = await createSelfSigned({ hosts, ...(days === undefined ? {} : { days }) });
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

async function store(path: string, text: string, mode: number, force: boolean): Promise<void> {
  try {
    // What is there may be a link, or open to others: it is replaced, not filled.
    if (force) await rm(path, { force: true });
    await writeFile(path, text, { mode, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw systemFailure(error, `write ${path}`);
    throw new Failure('EEXIST', `${path} is there already`, '--force overwrites it');
  }
}

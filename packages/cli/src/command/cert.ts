import { X509Certificate } from 'node:crypto';
import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QuicError } from 'tsquic';
import { createSelfSigned, type PemPair } from 'tsquic/certificates';
import type { Arguments } from '../arguments.ts';
import { Failure, systemFailure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `tsquic cert`: resolves with the exit code. Throws a `Failure` when a file exists already or cannot be
 * written, and for options that do not go together.
 */
export async function cert(args: Arguments, terminal: Terminal): Promise<number> {
  const directory = args.text('out') ?? '';
  const { pair, hashes, hosts } = await make(args);
  const certPath = join(directory, 'cert.pem');
  const keyPath = join(directory, 'key.pem');
  const hashesPath = join(directory, 'hashes.json');
  const force = args.flag('force');
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw systemFailure(error, `make ${directory}`);
  }
  const files: { readonly path: string; readonly text: string; readonly mode: number }[] = [
    { path: keyPath, text: pair.privateKeyPem, mode: 0o600 },
    { path: certPath, text: pair.certificatePem, mode: 0o644 },
  ];
  if (hashes !== undefined) files.push({ path: hashesPath, text: `${hashes.json}\n`, mode: 0o644 });
  // All or none: a key of one pair beside the certificate of another is of no use.
  if (!force) for (const { path } of files) await refuseExisting(path);
  for (const { path, text, mode } of files) await store(path, text, mode, force);
  const notAfter = new Date(new X509Certificate(pair.certificatePem).validTo).toISOString();
  if (args.flag('json')) {
    const published = hashes === undefined ? {} : { serverCertificateHashes: hashes.published };
    terminal.out(
      JSON.stringify({ certificate: certPath, privateKey: keyPath, hosts, notAfter, ...published }),
    );
    return 0;
  }
  terminal.out(`${certPath} and ${keyPath} for ${hosts.join(', ')}`);
  if (hashes === undefined) return 0;
  const values = hashes.published.map(({ value }) => value);
  terminal.out(`sha-256, until ${notAfter}, also in ${hashesPath}: ${values.join(', ')}`);
  terminal.out(hashes.snippet);
  return 0;
}

/** A certificate, and what pages need that are to trust it by its hash. */
interface Made {
  readonly pair: PemPair;
  readonly hosts: readonly string[];
  readonly hashes: PublishableHashes | undefined;
}

interface PublishableHashes {
  readonly published: readonly { readonly value: string }[];
  readonly json: string;
  readonly snippet: string;
}

async function make(args: Arguments): Promise<Made> {
  const days = args.number('days');
  const validity = days === undefined ? {} : { days };
  const named = args.list('host');
  if (args.flag('webtransport')) {
    if (args.flag('client'))
      throw new Failure(
        'ERR_TSQUIC_USAGE',
        '--client and --webtransport do not go together: a page trusts servers',
      );
    return makeHashed(named.length === 0 ? ['localhost', '127.0.0.1'] : named, validity);
  }
  if (named.length === 0)
    throw new Failure('ERR_TSQUIC_USAGE', '--host NAME is missing', 'see tsquic cert --help');
  const usages = [args.flag('client') ? ('client' as const) : ('server' as const)];
  const pair = await explained(() => createSelfSigned({ hosts: named, usages, ...validity }));
  return { pair, hosts: named, hashes: undefined };
}

async function makeHashed(hosts: readonly string[], validity: { readonly days?: number }): Promise<Made> {
  const { createHashedCertificate, hashesJson, hashesSnippet, publishedHashes } =
    await import('@tsquic/webtransport/certificates');
  const made = await explained(() => createHashedCertificate({ hosts, ...validity }));
  const hashes = {
    published: publishedHashes([made]),
    json: hashesJson([made]),
    snippet: hashesSnippet([made]),
  };
  return { pair: made, hosts, hashes };
}

/** Complaints about options of the library, told of those of the command. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof QuicError)) throw error;
    const [, complaint] = /^hosts: (.*)$/s.exec(error.message) ?? [];
    if (complaint !== undefined) throw new Failure('ERR_TSQUIC_HOST', `--host ${complaint}`);
    throw error.message.startsWith('days ') ? new Failure('ERR_TSQUIC_DAYS', `--${error.message}`) : error;
  }
}

async function store(path: string, text: string, mode: number, force: boolean): Promise<void> {
  try {
    // An existing file may be a link, or readable by others, so it is replaced and not overwritten.
    if (force) await rm(path, { force: true });
    await writeFile(path, text, { mode, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw systemFailure(error, `write ${path}`);
    throw isThere(path);
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined) throw isThere(path);
}

function isThere(path: string): Failure {
  return new Failure('EEXIST', `${path} is there already`, '--force overwrites it');
}

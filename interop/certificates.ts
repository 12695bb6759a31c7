import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runStep } from './install.ts';

/** PEM files of one server. */
export interface Certificates {
  readonly authority: string;
  /** The server's chain, leaf first. */
  readonly certificate: string;
  readonly key: string;
}

/** The certificates of one run. */
export interface RunCertificates {
  readonly usual: Certificates;
  /** At the end of a chain of nine, with names that nobody has: a flight of more than 7,500 bytes. */
  readonly long: Certificates;
}

/**
 * Makes a P-256 authority and leaves for localhost, 127.0.0.1 and ::1 in `directory`, valid for ten days: one that it has signed,
 * and one below eight others. Each leaf has a directory, in which files have the names of the public runner.
 */
export async function createCertificates(directory: string): Promise<RunCertificates> {
  const usual = await createUsualCertificates(directory);
  const { authority } = usual;
  const chain: string[] = [];
  let signer = rootIn(directory);
  for (let depth = 1; depth < CHAIN_LENGTH; depth++) {
    const next = {
      certificate: join(directory, `chain-${depth}.pem`),
      key: join(directory, `chain-${depth}.key`),
    };
    await sign(next, signer, `/CN=intermediate ${depth}`, AUTHORITY_EXTENSIONS);
    signer = next;
    chain.unshift(await readFile(signer.certificate, 'utf8'));
  }
  const leaf = await createLeaf(join(directory, 'long'), signer, [...NAMES, ...LONG_NAMES]);
  await writeFile(leaf.certificate, [await readFile(leaf.certificate, 'utf8'), ...chain].join(''));
  return { usual, long: { authority, ...leaf } };
}

/** The authority, and the one leaf that it has signed. */
export async function createUsualCertificates(directory: string): Promise<Certificates> {
  const root = rootIn(directory);
  const extensions = AUTHORITY_EXTENSIONS.flatMap((extension) => ['-addext', extension]);
  await openssl(
    'req',
    '-x509',
    ...freshKey(root.key),
    '-out',
    root.certificate,
    ...validity('/CN=tsquic interop authority'),
    ...extensions,
  );
  const leaf = await createLeaf(join(directory, 'usual'), root, NAMES);
  return { authority: root.certificate, ...leaf };
}

function rootIn(directory: string): Signer {
  return { certificate: join(directory, 'ca.pem'), key: join(directory, 'ca.key') };
}

/** PEM files of a certificate that signs others, or serves. */
interface Signer {
  readonly certificate: string;
  readonly key: string;
}

async function createLeaf(directory: string, signer: Signer, names: readonly string[]): Promise<Signer> {
  await mkdir(directory);
  const leaf = { certificate: join(directory, 'cert.pem'), key: join(directory, 'priv.key') };
  await sign(leaf, signer, '/CN=localhost', [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth',
    `subjectAltName=${names.join(',')}`,
  ]);
  return leaf;
}

async function sign(
  { certificate, key }: Signer,
  signer: Signer,
  subject: string,
  extensions: readonly string[],
): Promise<void> {
  const [request, file] = [`${certificate}.csr`, `${certificate}.ext`];
  await writeFile(file, `${extensions.join('\n')}\n`);
  await openssl('req', ...freshKey(key), '-out', request, '-subj', subject);
  const by = ['-CA', signer.certificate, '-CAkey', signer.key, '-set_serial', String(++serial)];
  await openssl(
    ...['x509', '-req', '-in', request, ...by, '-days', VALID_DAYS],
    ...['-extfile', file, '-out', certificate],
  );
}

let serial = 1;

/** Some peers refuse a leaf that lives longer than fourteen days. */
const VALID_DAYS = '10';
/** Below the authority. */
const CHAIN_LENGTH = 9;
const NAMES = ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];
/** Twenty names of 250 characters, in labels as long as DNS allows. RFC 1035 §2.3.4 */
const LONG_NAMES = Array.from({ length: 20 }, (_, i) => {
  const label = 'x'.repeat(62);
  return `DNS:${[label, label, label, `${'y'.repeat(59)}${i + 10}`].join('.')}`;
});
const AUTHORITY_EXTENSIONS = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'];

function freshKey(path: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path];
}

function validity(subject: string): string[] {
  return ['-days', VALID_DAYS, '-subj', subject];
}

async function openssl(...args: string[]): Promise<void> {
  await runStep(['openssl', ...args], { timeoutMs: 20_000 });
}

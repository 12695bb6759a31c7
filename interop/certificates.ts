import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runStep } from './install.ts';

/** PEM files of one run. */
export interface Certificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes a P-256 authority and a leaf for localhost, 127.0.0.1 and ::1 in `directory`, valid for ten days. */
export async function createCertificates(directory: string): Promise<Certificates> {
  const authority = join(directory, 'ca.pem');
  const certificate = join(directory, 'leaf.pem');
  const key = join(directory, 'leaf.key');
  const authorityKey = join(directory, 'ca.key');
  const request = join(directory, 'leaf.csr');
  const extensions = join(directory, 'leaf.ext');
  const freshKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout'];
  await writeFile(extensions, LEAF_EXTENSIONS);
  await openssl('req', '-x509', ...freshKey, authorityKey, '-out', authority, ...AUTHORITY);
  await openssl('req', ...freshKey, key, '-out', request, '-subj', '/CN=localhost');
  const signer = ['-CA', authority, '-CAkey', authorityKey, '-set_serial', '2', '-days', VALID_DAYS];
  await openssl('x509', '-req', '-in', request, ...signer, '-extfile', extensions, '-out', certificate);
  return { authority, certificate, key };
}

/** Some peers refuse a leaf that lives longer than fourteen days. */
const VALID_DAYS = '10';

const AUTHORITY = [
  '-days',
  VALID_DAYS,
  '-subj',
  '/CN=tsquic interop authority',
  '-addext',
  'basicConstraints=critical,CA:TRUE',
  '-addext',
  'keyUsage=critical,keyCertSign',
];

const LEAF_EXTENSIONS = `basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
`;

async function openssl(...args: string[]): Promise<void> {
  await runStep(['openssl', ...args], { timeoutMs: 20_000 });
}

import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSelfSigned } from 'tsquic/certificates';

/** A temporary directory with a certificate for 127.0.0.1. */
export interface Workplace {
  readonly directory: string;
  readonly root: string;
  readonly cert: string;
  readonly key: string;
  remove(): void;
}

export async function createWorkplace(): Promise<Workplace> {
  const directory = mkdtempSync(join(tmpdir(), 'tsquic-bench-'));
  const root = join(directory, 'root');
  mkdirSync(root);
  const pair = await createSelfSigned({ hosts: ['127.0.0.1', 'localhost'] });
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  writeFileSync(cert, pair.certificatePem);
  writeFileSync(key, pair.privateKeyPem);
  return { directory, root, cert, key, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Write a file of random bytes. */
export function writeRandomFile(path: string, bytes: number): void {
  const file = openSync(path, 'w');
  for (let at = 0; at < bytes; at += CHUNK_BYTES)
    writeSync(file, randomBytes(Math.min(CHUNK_BYTES, bytes - at)));
  closeSync(file);
}

/** Make a file of zeros that takes no room on disk. */
export function writeSparseFile(path: string, bytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, bytes);
}

/** SHA-256 of a file, hexadecimal. */
export function checksumOf(path: string): string {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK_BYTES);
  const file = openSync(path, 'r');
  for (let count = readSync(file, chunk); count > 0; count = readSync(file, chunk))
    hash.update(chunk.subarray(0, count));
  closeSync(file);
  return hash.digest('hex');
}

const CHUNK_BYTES = 1_000_000;

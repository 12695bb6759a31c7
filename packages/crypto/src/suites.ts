import type { HashName } from './provider.ts';

/** Short names of AEADs; each TLS 1.3 suite uses one. */
export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';

/** A TLS 1.3 cipher suite and its limits in QUIC. */
export interface CipherSuite {
  /** TLS code point, RFC 8446 §B.4. */
  readonly id: number;
  readonly name: string;
  readonly aead: AeadName;
  readonly hash: HashName;
  /** Length of the hash output, bytes. */
  readonly hashLength: number;
  /** Length of the AEAD key, and of the header protection key, bytes. */
  readonly keyLength: number;
  /** Number of packets that one key may seal, RFC 9001 §6.6. */
  readonly confidentialityLimit: number;
  /** Number of packets that may fail to decrypt before the connection must close, RFC 9001 §6.6. */
  readonly integrityLimit: number;
}

/** Bytes of the IV of every suite. */
export const IV_LENGTH = 12;

/** The suite that every endpoint must support, and that of Initial packets. RFC 8446 §B.4 */
export const AES_128_GCM_SHA256: CipherSuite = {
  id: 0x1301,
  name: 'TLS_AES_128_GCM_SHA256',
  aead: 'aes-128-gcm',
  hash: 'sha256',
  hashLength: 32,
  keyLength: 16,
  confidentialityLimit: 2 ** 23,
  integrityLimit: 2 ** 52,
};

/** AES-GCM with a key of 256 bits, and SHA-384. RFC 8446 §B.4 */
export const AES_256_GCM_SHA384: CipherSuite = {
  id: 0x1302,
  name: 'TLS_AES_256_GCM_SHA384',
  aead: 'aes-256-gcm',
  hash: 'sha384',
  hashLength: 48,
  keyLength: 32,
  confidentialityLimit: 2 ** 23,
  integrityLimit: 2 ** 52,
};

/** The suite for machines without AES instructions. RFC 8446 §B.4 */
export const CHACHA20_POLY1305_SHA256: CipherSuite = {
  id: 0x1303,
  name: 'TLS_CHACHA20_POLY1305_SHA256',
  aead: 'chacha20-poly1305',
  hash: 'sha256',
  hashLength: 32,
  keyLength: 32,
  confidentialityLimit: Infinity,
  integrityLimit: 2 ** 36,
};

/** Every suite, in the order of hosts with AES instructions, and of runs that are to be the same on every host. */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  AES_128_GCM_SHA256,
  AES_256_GCM_SHA384,
  CHACHA20_POLY1305_SHA256,
];

/** Every suite, in the order of hosts whose ChaCha20 is faster than their AES. */
export const CHACHA_FIRST: readonly CipherSuite[] = [
  CHACHA20_POLY1305_SHA256,
  AES_128_GCM_SHA256,
  AES_256_GCM_SHA384,
];

/** The suite with this TLS code point, or undefined. */
export function cipherSuiteById(id: number): CipherSuite | undefined {
  return CIPHER_SUITES.find((suite) => suite.id === id);
}

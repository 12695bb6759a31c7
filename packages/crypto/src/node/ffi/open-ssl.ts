import { loadNodeFfi } from '@tsquic/bytes/node-ffi';
import type { AeadName } from '../../suites.ts';

/** Ciphers of packets, and those of their headers' masks. */
export type CipherName = AeadName | 'aes-128-ecb' | 'aes-256-ecb';

/** The functions of OpenSSL that a cipher takes. Pointers are addresses; 1 means that a call succeeded. */
export interface OpenSsl {
  readonly ciphers: Readonly<Record<CipherName, bigint>>;
  addressOf(bytes: Uint8Array): bigint;
  EVP_CIPHER_CTX_new(): bigint;
  EVP_CipherInit_ex(
    context: bigint,
    cipher: bigint,
    engine: bigint,
    key: bigint,
    iv: bigint,
    seals: number,
  ): number;
  /** The length of what was taken, or -1. Without `out` the bytes are associated data. */
  EVP_Cipher(context: bigint, out: bigint, bytes: bigint, length: number): number;
  EVP_CipherFinal_ex(context: bigint, out: bigint, outLength: bigint): number;
  /** Both take an array of `OSSL_PARAM`, as `writeParameters` of the arena writes it. */
  EVP_CIPHER_CTX_get_params(context: bigint, parameters: bigint): number;
  EVP_CIPHER_CTX_set_params(context: bigint, parameters: bigint): number;
  ERR_clear_error(): void;
}

/** The OpenSSL in Node's own binary, through node:ffi; undefined where there is none. */
export function loadOpenSsl(): OpenSsl | undefined {
  const ffi = loadNodeFfi();
  if (ffi === undefined) return undefined;
  try {
    const { functions } = ffi.dlopen(null, {
      EVP_aes_128_gcm: { arguments: [], return: 'pointer' },
      EVP_aes_256_gcm: { arguments: [], return: 'pointer' },
      EVP_chacha20_poly1305: { arguments: [], return: 'pointer' },
      EVP_aes_128_ecb: { arguments: [], return: 'pointer' },
      EVP_aes_256_ecb: { arguments: [], return: 'pointer' },
      EVP_CIPHER_CTX_new: { arguments: [], return: 'pointer' },
      EVP_CipherInit_ex: {
        arguments: [LONG, 'pointer', 'pointer', 'pointer', 'pointer', 'i32'],
        return: 'i32',
      },
      EVP_Cipher: { arguments: [LONG, 'pointer', 'pointer', 'u32'], return: 'i32' },
      EVP_CipherFinal_ex: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
      EVP_CIPHER_CTX_get_params: { arguments: ['pointer', 'pointer'], return: 'i32' },
      EVP_CIPHER_CTX_set_params: { arguments: ['pointer', 'pointer'], return: 'i32' },
      ERR_clear_error: { arguments: [], return: 'void' },
    });
    const calls = functions as unknown as OpenSsl & Readonly<Record<string, () => bigint>>;
    return {
      ciphers: {
        'aes-128-gcm': calls['EVP_aes_128_gcm']!(),
        'aes-256-gcm': calls['EVP_aes_256_gcm']!(),
        'chacha20-poly1305': calls['EVP_chacha20_poly1305']!(),
        'aes-128-ecb': calls['EVP_aes_128_ecb']!(),
        'aes-256-ecb': calls['EVP_aes_256_ecb']!(),
      },
      addressOf: (bytes) => ffi.getRawPointer(bytes),
      EVP_CIPHER_CTX_new: calls.EVP_CIPHER_CTX_new,
      EVP_CipherInit_ex: calls.EVP_CipherInit_ex,
      EVP_Cipher: calls.EVP_Cipher,
      EVP_CipherFinal_ex: calls.EVP_CipherFinal_ex,
      EVP_CIPHER_CTX_get_params: calls.EVP_CIPHER_CTX_get_params,
      EVP_CIPHER_CTX_set_params: calls.EVP_CIPHER_CTX_set_params,
      ERR_clear_error: calls.ERR_clear_error,
    };
  } catch {
    // A build of Node without these functions, or a program that may not call them.
    return undefined;
  }
}

/** The type of the first address in a long list of arguments, which makes the call cost half. */
const LONG = 'function';

import type { AeadName } from './suites.ts';
import { CIPHER_SUITES, IV_LENGTH } from './suites.ts';

/**
 * Throws a RangeError unless `key` has the length that the AEAD needs: a wrong one is an error of the caller.
 */
export function checkKey(aead: AeadName, key: Uint8Array): void {
  const length = CIPHER_SUITES.find((suite) => suite.aead === aead)!.keyLength;
  if (key.length !== length) throw new RangeError(`${aead} key of ${key.length} bytes, not ${length}`);
}

/** Throws a RangeError unless key and IV have the lengths that the AEAD needs. */
export function checkKeyAndIv(aead: AeadName, key: Uint8Array, iv: Uint8Array): void {
  checkKey(aead, key);
  if (iv.length !== IV_LENGTH) throw new RangeError(`${aead} IV of ${iv.length} bytes, not ${IV_LENGTH}`);
}

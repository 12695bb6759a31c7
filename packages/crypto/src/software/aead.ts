import type { Aead } from '../aead.ts';
import { checkKeyAndIv } from '../key-length.ts';
import type { AeadName } from '../suites.ts';
import { AesGcm } from './aes-gcm.ts';
import { Chacha20Poly1305 } from './chacha20-poly1305.ts';

/**
 * An AEAD in TypeScript that keeps all state that depends on the key: it takes a third of the time of noble's
 * calls.
 */
export function createSoftwareAead(aead: AeadName, key: Uint8Array, iv: Uint8Array): Aead {
  checkKeyAndIv(aead, key, iv);
  return aead === 'chacha20-poly1305' ? new Chacha20Poly1305(key, iv) : new AesGcm(key, iv);
}

import type { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import * as host from 'node:crypto';
import { ML_KEM_CIPHERTEXT_BYTES, ML_KEM_KEY_BYTES, type MlKem } from '../keys/ml-kem.ts';
import { asBuffer, asBytes } from './bytes.ts';

/** Functions of newer hosts, which the types of the oldest supported one lack. */
interface Encapsulation {
  generateKeyPairSync(
    type: 'ml-kem-768',
    options: { readonly publicKeyEncoding: { readonly format: 'der'; readonly type: 'spki' } },
  ): { readonly publicKey: Buffer; readonly privateKey: KeyObject };
  encapsulate(key: KeyObject): { readonly sharedKey: Buffer; readonly ciphertext: Buffer };
  decapsulate(key: KeyObject, ciphertext: Uint8Array): Buffer;
}

/**
 * ML-KEM-768 of the host's library; undefined on hosts without it, which are Node before 24.7 and other
 * runtimes today.
 */
export function createNodeMlKem(): MlKem | undefined {
  const { generateKeyPairSync, encapsulate, decapsulate } = host as unknown as Partial<Encapsulation>;
  if (generateKeyPairSync === undefined || encapsulate === undefined || decapsulate === undefined)
    return undefined;
  try {
    // A host may have both calls over a library that lacks this kind of key.
    generateKeyPairSync('ml-kem-768', AS_SPKI);
  } catch {
    return undefined;
  }
  return {
    generateKey() {
      const { publicKey, privateKey } = generateKeyPairSync('ml-kem-768', AS_SPKI);
      return {
        encapsulationKey: asBytes(publicKey).slice(SPKI_PREFIX.length),
        decapsulate: (ciphertext) =>
          ciphertext.length === ML_KEM_CIPHERTEXT_BYTES
            ? asBytes(decapsulate(privateKey, ciphertext))
            : undefined,
      };
    },
    encapsulate(encapsulationKey) {
      if (encapsulationKey.length !== ML_KEM_KEY_BYTES) return undefined;
      const spki = asBuffer(new Uint8Array(SPKI_PREFIX.length + ML_KEM_KEY_BYTES));
      spki.set(SPKI_PREFIX);
      spki.set(encapsulationKey, SPKI_PREFIX.length);
      const key = readKey(spki);
      if (key === undefined) return undefined;
      const { sharedKey, ciphertext } = encapsulate(key);
      return { ciphertext: asBytes(ciphertext), secret: asBytes(sharedKey) };
    },
  };
}

/** Read an encapsulation key; the library throws for one that is not reduced. FIPS 203 §7.2 */
function readKey(spki: Buffer): KeyObject | undefined {
  try {
    return host.createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/** Generated keys are not exported afterwards, which could be a deadlock (`createX25519Share`). */
const AS_SPKI = { publicKeyEncoding: { format: 'der', type: 'spki' } } as const;

/** SubjectPublicKeyInfo with the algorithm id-alg-ml-kem-768, up to the key. RFC 9935 §4 */
const SPKI_PREFIX = Uint8Array.of(
  ...[0x30, 0x82, 0x04, 0xb2, 0x30, 0x0b, 0x06, 0x09],
  ...[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, 0x02],
  ...[0x03, 0x82, 0x04, 0xa1, 0x00],
);

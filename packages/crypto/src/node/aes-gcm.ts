import type { CipherGCMTypes, KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { type Aead, TAG_LENGTH } from '../aead.ts';
import { writeNonce } from '../nonce.ts';
import { IV_LENGTH } from '../suites.ts';

/** AES-GCM by node:crypto. A cipher object can be used for one packet only, so that only the key object is kept. */
export class NodeAesGcm implements Aead {
  private readonly algorithm: CipherGCMTypes;
  private readonly key: KeyObject;
  private readonly iv: Uint8Array;

  /** `iv` is not copied. */
  constructor(algorithm: CipherGCMTypes, key: Uint8Array, iv: Uint8Array) {
    this.algorithm = algorithm;
    this.key = createSecretKey(key);
    this.iv = iv;
  }

  seal(
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    payloadAt: number,
    payloadEnd: number,
  ): void {
    writeNonce(NONCE, this.iv, packetNumber);
    const cipher = createCipheriv(this.algorithm, this.key, NONCE);
    cipher.setAAD(buffer.subarray(headerAt, payloadAt));
    buffer.set(cipher.update(buffer.subarray(payloadAt, payloadEnd)), payloadAt);
    cipher.final();
    buffer.set(cipher.getAuthTag(), payloadEnd);
  }

  open(packetNumber: number, buffer: Uint8Array, headerAt: number, payloadAt: number, end: number): boolean {
    const tagAt = end - TAG_LENGTH;
    if (tagAt < payloadAt) return false;
    writeNonce(NONCE, this.iv, packetNumber);
    const decipher = createDecipheriv(this.algorithm, this.key, NONCE, TAG_OPTIONS);
    decipher.setAAD(buffer.subarray(headerAt, payloadAt));
    decipher.setAuthTag(buffer.subarray(tagAt, end));
    const plaintext = decipher.update(buffer.subarray(payloadAt, tagAt));
    try {
      decipher.final();
    } catch {
      return false;
    }
    buffer.set(plaintext, payloadAt);
    return true;
  }
}

/** All keys share one nonce, which is read before the call that gets it returns. */
const NONCE = new Uint8Array(IV_LENGTH);

/** Without this option, some releases of Node warn about shorter tags. */
const TAG_OPTIONS = { authTagLength: TAG_LENGTH };

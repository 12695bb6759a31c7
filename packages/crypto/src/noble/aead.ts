import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import type { Aead } from '../aead.ts';
import { TAG_LENGTH } from '../aead.ts';
import { checkKeyAndIv, writeNonce } from '../nonce.ts';
import type { AeadName } from '../suites.ts';
import { IV_LENGTH } from '../suites.ts';

/** An AEAD over @noble/ciphers. */
export function createNobleAead(aead: AeadName, key: Uint8Array, iv: Uint8Array): Aead {
  checkKeyAndIv(key, aead === 'aes-128-gcm' ? 16 : 32, iv);
  return new NobleAead(aead === 'chacha20-poly1305' ? chacha20poly1305 : gcm, key.slice(), iv.slice());
}

interface OneMessage {
  encrypt(plaintext: Uint8Array): Uint8Array;
  decrypt(ciphertext: Uint8Array): Uint8Array;
}

class NobleAead implements Aead {
  private readonly cipher: (key: Uint8Array, nonce: Uint8Array, additional: Uint8Array) => OneMessage;
  private readonly key: Uint8Array;
  private readonly iv: Uint8Array;
  private readonly nonce: Uint8Array = new Uint8Array(IV_LENGTH);

  constructor(
    cipher: (key: Uint8Array, nonce: Uint8Array, additional: Uint8Array) => OneMessage,
    key: Uint8Array,
    iv: Uint8Array,
  ) {
    this.cipher = cipher;
    this.key = key;
    this.iv = iv;
  }

  seal(
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    payloadAt: number,
    payloadEnd: number,
  ): void {
    writeNonce(this.nonce, this.iv, packetNumber);
    const cipher = this.cipher(this.key, this.nonce, buffer.subarray(headerAt, payloadAt));
    buffer.set(cipher.encrypt(buffer.subarray(payloadAt, payloadEnd)), payloadAt);
  }

  open(packetNumber: number, buffer: Uint8Array, headerAt: number, payloadAt: number, end: number): boolean {
    if (end - payloadAt < TAG_LENGTH) return false;
    writeNonce(this.nonce, this.iv, packetNumber);
    const cipher = this.cipher(this.key, this.nonce, buffer.subarray(headerAt, payloadAt));
    try {
      buffer.set(cipher.decrypt(buffer.subarray(payloadAt, end)), payloadAt);
      return true;
    } catch {
      return false;
    }
  }
}

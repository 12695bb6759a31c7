import { type CryptoProvider, IV_LENGTH, TAG_LENGTH } from '@tsquic/crypto';
import type { TicketProtection } from '@tsquic/tls13';
import { RotatingKey } from './rotating-key.ts';

/**
 * Seals session tickets with a key of this context, a fresh nonce in front of each. RFC 8446 §4.6.1, RFC 5077 §4
 */
export class Tickets {
  private readonly crypto: CryptoProvider;
  private readonly key: RotatingKey;

  /** @param key - 16 bytes that servers share to accept each other's tickets. Default: random, and new every day. */
  constructor(crypto: CryptoProvider, key?: Uint8Array) {
    this.crypto = crypto;
    this.key = new RotatingKey(crypto, key);
  }

  /** Seal with another key from now on; what the last one sealed still opens. */
  rotate(key?: Uint8Array): void {
    this.key.rotate(key);
  }

  /** What a TLS engine needs, with the time that it does not know. */
  protection(nowUs: () => number): TicketProtection {
    return {
      seal: (plaintext) => this.seal(plaintext, nowUs()),
      open: (ticket) => this.open(ticket, nowUs()),
    };
  }

  private seal(plaintext: Uint8Array, nowUs: number): Uint8Array {
    const iv = new Uint8Array(IV_LENGTH);
    this.crypto.random(iv);
    const ticket = new Uint8Array(IV_LENGTH + plaintext.length + TAG_LENGTH);
    ticket.set(iv);
    ticket.set(plaintext, IV_LENGTH);
    const aead = this.crypto.createAead('aes-128-gcm', this.key.sealing(nowUs), iv);
    aead.seal(0, ticket, 0, IV_LENGTH, IV_LENGTH + plaintext.length);
    return ticket;
  }

  private open(ticket: Uint8Array, nowUs: number): Uint8Array | undefined {
    if (ticket.length < IV_LENGTH + TAG_LENGTH) return undefined;
    const iv = ticket.slice(0, IV_LENGTH);
    for (const key of this.key.opening(nowUs)) {
      const copy = ticket.slice();
      if (this.crypto.createAead('aes-128-gcm', key, iv).open(0, copy, 0, IV_LENGTH, copy.length))
        return copy.slice(IV_LENGTH, copy.length - TAG_LENGTH);
    }
    return undefined;
  }
}

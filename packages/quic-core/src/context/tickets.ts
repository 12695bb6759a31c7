import { type CryptoProvider, IV_LENGTH, TAG_LENGTH } from '@tsquic/crypto';
import type { TicketProtection } from '@tsquic/tls13';

const KEY_LENGTH = 16;

/**
 * Seals session tickets with a key of this context, a fresh nonce in front of each. RFC 8446 §4.6.1, RFC 5077 §4
 */
export class Tickets implements TicketProtection {
  private readonly crypto: CryptoProvider;
  private readonly key: Uint8Array;

  /** @param key - 16 bytes that servers share to accept each other's tickets. Default: random. */
  constructor(crypto: CryptoProvider, key?: Uint8Array) {
    this.crypto = crypto;
    this.key = key ?? new Uint8Array(KEY_LENGTH);
    if (key === undefined) crypto.random(this.key);
  }

  seal(plaintext: Uint8Array): Uint8Array {
    const iv = new Uint8Array(IV_LENGTH);
    this.crypto.random(iv);
    const ticket = new Uint8Array(IV_LENGTH + plaintext.length + TAG_LENGTH);
    ticket.set(iv);
    ticket.set(plaintext, IV_LENGTH);
    this.aead(iv).seal(0, ticket, 0, IV_LENGTH, IV_LENGTH + plaintext.length);
    return ticket;
  }

  open(ticket: Uint8Array): Uint8Array | undefined {
    if (ticket.length < IV_LENGTH + TAG_LENGTH) return undefined;
    const copy = ticket.slice();
    if (!this.aead(copy.slice(0, IV_LENGTH)).open(0, copy, 0, IV_LENGTH, copy.length)) return undefined;
    return copy.slice(IV_LENGTH, copy.length - TAG_LENGTH);
  }

  private aead(iv: Uint8Array) {
    return this.crypto.createAead('aes-128-gcm', this.key, iv);
  }
}

import { ByteWriter, concatBytes, equalBytes } from '@tsquic/bytes';
import { type CryptoProvider, IV_LENGTH, TAG_LENGTH } from '@tsquic/crypto';
import type { TicketProtection } from '@tsquic/tls13';
import { type Version, VERSION_1 } from '../version/versions.ts';
import { RotatingKey } from './rotating-key.ts';

/** The versions of the connection that a ticket is for. */
interface TicketVersions {
  readonly original: Version;
  readonly current: Version;
}

const IN_VERSION_1: TicketVersions = { original: VERSION_1, current: VERSION_1 };
const VERSION_LENGTH = 4;

/**
 * Seals session tickets with a key of this context, each with a random nonce before it. RFC 8446 §4.6.1,
 * RFC 5077 §4
 */
export class Tickets {
  private readonly crypto: CryptoProvider;
  private readonly key: RotatingKey;

  /**
   * @param key - 16 bytes, which servers share to accept each other's tickets. Default: random, and new every
   * day.
   */
  constructor(crypto: CryptoProvider, key?: Uint8Array) {
    this.crypto = crypto;
    this.key = new RotatingKey(crypto, key);
  }

  /** Seal with another key from now on; tickets that the last one sealed are still accepted. */
  rotate(key?: Uint8Array): void {
    this.key.rotate(key);
  }

  /**
   * Seals and opens tickets for a TLS engine, and adds the time and the version: a ticket is sealed with the
   * version that the sides agreed on, and resumes connections that begin in that one. RFC 9369 §5
   */
  protection(nowUs: () => number, version: TicketVersions = IN_VERSION_1): TicketProtection {
    return {
      seal: (plaintext) => this.seal(concatBytes(encodeVersion(version.current), plaintext), nowUs()),
      open: (ticket) => {
        const content = this.open(ticket, nowUs());
        const expected = encodeVersion(version.original);
        if (content === undefined || !equalBytes(content.subarray(0, VERSION_LENGTH), expected))
          return undefined;
        return content.slice(VERSION_LENGTH);
      },
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

function encodeVersion({ id }: Version): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(VERSION_LENGTH));
  writer.u32(id);
  return writer.buffer;
}

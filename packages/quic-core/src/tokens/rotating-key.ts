import type { CryptoProvider } from '@tsquic/crypto';

/**
 * A key that seals tokens or tickets, and the key before it. What either of them sealed can be opened, what
 * older ones sealed cannot: a key that leaks exposes two periods, and not the whole life of the server.
 * RFC 8446 §C.4, §E.3
 *
 * A key that the program supplies is shared with other servers, and stays until the program supplies the next
 * one, because the others would not know of a change. A key of our own is replaced after a day, which is the
 * longest life of what it seals.
 */
export class RotatingKey {
  private readonly crypto: CryptoProvider;
  private current: Uint8Array;
  private previous: Uint8Array | undefined;
  private isShared: boolean;
  /** When `current` was first used; -1 for never. */
  private sinceUs = -1;

  /** @param shared - 16 bytes. Default: random. */
  constructor(crypto: CryptoProvider, shared?: Uint8Array) {
    this.crypto = crypto;
    this.isShared = shared !== undefined;
    this.current = shared?.slice() ?? this.draw();
  }

  /** The key to seal with now. */
  sealing(nowUs: number): Uint8Array {
    this.age(nowUs);
    return this.current;
  }

  /** The keys that can open tokens or tickets, the newest first. */
  opening(nowUs: number): readonly Uint8Array[] {
    this.age(nowUs);
    return this.previous === undefined ? [this.current] : [this.current, this.previous];
  }

  /** Seal with this key, or with a new one, from now on. */
  rotate(shared?: Uint8Array): void {
    this.previous = this.current;
    this.isShared = shared !== undefined;
    this.current = shared?.slice() ?? this.draw();
    this.sinceUs = -1;
  }

  private age(nowUs: number): void {
    if (this.sinceUs < 0) this.sinceUs = nowUs;
    const ageUs = nowUs - this.sinceUs;
    if (this.isShared || ageUs < PERIOD_US) return;
    this.rotate();
    // The last key was not used for so long that it is too old as well.
    if (ageUs >= 2 * PERIOD_US) this.previous = undefined;
    this.sinceUs = nowUs;
  }

  private draw(): Uint8Array {
    const key = new Uint8Array(ROTATING_KEY_LENGTH);
    this.crypto.random(key);
    return key;
  }
}

/** The length of a key of AES-128. */
export const ROTATING_KEY_LENGTH = 16;
const PERIOD_US = 24 * 3600 * 1_000_000;

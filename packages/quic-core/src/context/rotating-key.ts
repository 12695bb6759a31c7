import type { CryptoProvider } from '@tsquic/crypto';

/**
 * A key that seals what comes back later, and the one before it: what either sealed still opens, what older ones
 * sealed does not. A key that is found out betrays two periods, not the life of a server. RFC 8446 §C.4, §E.3
 *
 * A key that was given is shared with other servers, which would not know of a change: it stays until the program
 * gives the next one. One of our own is replaced after a day, which is as long as anything that it sealed lives.
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

  /** The key to seal with. */
  sealing(nowUs: number): Uint8Array {
    this.age(nowUs);
    return this.current;
  }

  /** The keys that what comes back may be sealed with, the newest first. */
  opening(nowUs: number): readonly Uint8Array[] {
    this.age(nowUs);
    return this.previous === undefined ? [this.current] : [this.current, this.previous];
  }

  /** Seal with another key from now on. */
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
    // Nobody asked for so long that the last key is too old as well.
    if (ageUs >= 2 * PERIOD_US) this.previous = undefined;
    this.sinceUs = nowUs;
  }

  private draw(): Uint8Array {
    const key = new Uint8Array(ROTATING_KEY_LENGTH);
    this.crypto.random(key);
    return key;
  }
}

/** AES-128. */
export const ROTATING_KEY_LENGTH = 16;
const PERIOD_US = 24 * 3600 * 1_000_000;

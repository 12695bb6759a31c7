import type { CryptoProvider } from '@tsquic/crypto';
import { resetToken } from '../packet/stateless-reset.ts';

/** For HMAC-SHA-256. */
export const RESET_KEY_LENGTH = 32;

/**
 * The key that reset tokens are made with, and the one before it. Peers keep a token for as long as they keep its
 * connection ID, and a packet does not tell with which of the two keys its connection ID got one. RFC 9000 §10.3.2
 */
export class ResetKeys {
  private readonly crypto: CryptoProvider;
  private current: Uint8Array;
  private previous: Uint8Array | undefined = undefined;
  private isShared: boolean;

  /** @param shared - 32 bytes. Default: random. */
  constructor(crypto: CryptoProvider, shared?: Uint8Array) {
    this.crypto = crypto;
    this.isShared = shared !== undefined;
    this.current = shared?.slice() ?? this.draw();
  }

  /** The token that goes with a connection ID that is issued now. */
  token(connectionId: Uint8Array): Uint8Array {
    return resetToken(this.crypto, this.current, connectionId);
  }

  /**
   * The token to answer a packet of no connection with.
   *
   * @param turn - counts the answers to one address: with two keys, each of them has every other turn. Two resets for one
   *   packet could multiply between two endpoints that both answer so. RFC 9000 §10.3.3
   */
  answer(connectionId: Uint8Array, turn: number): Uint8Array {
    const key = turn % 2 === 0 ? this.current : (this.previous ?? this.current);
    return resetToken(this.crypto, key, connectionId);
  }

  /**
   * Make tokens with another key from now on. Without one, a random key is replaced by another, and a key that was given
   * stays: a random one would be lost with this process, and resets are for those who outlive it.
   */
  rotate(shared?: Uint8Array): void {
    if (shared === undefined && this.isShared) return;
    this.previous = this.current;
    this.isShared = shared !== undefined;
    this.current = shared?.slice() ?? this.draw();
  }

  private draw(): Uint8Array {
    const key = new Uint8Array(RESET_KEY_LENGTH);
    this.crypto.random(key);
    return key;
  }
}

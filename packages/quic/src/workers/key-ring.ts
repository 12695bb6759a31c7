import type { CryptoProvider } from '@tsquic/crypto';
import type { SealingKeys } from '@tsquic/quic-core';
import type { ServerKeys } from './messages.ts';

/** The keys that all workers share: tokens, tickets and resets of one are good at each. RFC 9000 §8.1.4, §10.3.2 */
export class KeyRing {
  current: ServerKeys;
  /** The keys before them. */
  last: ServerKeys | undefined = undefined;
  /** Whether the keys are of this server alone, which then changes them every day. */
  readonly isOwn: boolean;
  private readonly crypto: CryptoProvider;

  /** @param given - keys to share with other servers. */
  constructor(crypto: CryptoProvider, given: SealingKeys) {
    this.crypto = crypto;
    this.isOwn = given.ticketKey === undefined && given.tokenKey === undefined;
    this.current = this.filled(given, given.resetKey ?? this.draw(RESET_KEY_LENGTH));
  }

  /** The next keys. What the last ones made is still good; a reset key stays until another one is given. */
  rotate(given: SealingKeys): ServerKeys {
    this.last = this.current;
    this.current = this.filled(given, given.resetKey ?? this.current.resetKey);
    return this.current;
  }

  private filled({ ticketKey, tokenKey }: SealingKeys, resetKey: Uint8Array): ServerKeys {
    return {
      ticketKey: ticketKey ?? this.draw(SEALING_KEY_LENGTH),
      tokenKey: tokenKey ?? this.draw(SEALING_KEY_LENGTH),
      resetKey,
    };
  }

  private draw(length: number): Uint8Array {
    const key = new Uint8Array(length);
    this.crypto.random(key);
    return key;
  }
}

/** AES-128. */
const SEALING_KEY_LENGTH = 16;
/** HMAC-SHA-256. */
const RESET_KEY_LENGTH = 32;

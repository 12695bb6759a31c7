import type { CryptoProvider } from '@tsquic/crypto';
import { QuicLbCipher } from './quic-lb-cipher.ts';
import type { QuicLbServerConfig } from './quic-lb-config.ts';

/**
 * The nonces of one configuration, each used once: a counter that stops before it returns to its first value.
 * Without a key, nonces can be read, and a secret permutation of the counter hides which of them follow each
 * other. draft-ietf-quic-load-balancers, "Connection ID Entropy"
 */
export class Nonces {
  private readonly counter: Uint8Array;
  private readonly permutation: QuicLbCipher | undefined;
  private left: number;

  constructor(crypto: CryptoProvider, { nonceLength, firstNonce, nonceCount, key }: QuicLbServerConfig) {
    this.counter = firstNonce?.slice() ?? new Uint8Array(nonceLength);
    if (firstNonce === undefined) crypto.random(this.counter);
    // Counts above 2^53 are not exact, but are never reached.
    this.left = Math.min(nonceCount ?? Infinity, 256 ** nonceLength);
    if (key !== undefined) return;
    const secret = new Uint8Array(16);
    crypto.random(secret);
    this.permutation = new QuicLbCipher(crypto.createBlockCipher(secret));
  }

  /** The next value of the counter; undefined when all nonces were used. */
  get next(): Uint8Array | undefined {
    return this.left > 0 ? this.counter.slice() : undefined;
  }

  /** A nonce that was not used before; undefined when there are no more. */
  take(): Uint8Array | undefined {
    const nonce = this.next;
    if (nonce === undefined) return undefined;
    this.left--;
    for (let i = this.counter.length - 1; i >= 0; i--) {
      this.counter[i]! += 1;
      if (this.counter[i] !== 0) break;
    }
    this.permutation?.encrypt(nonce);
    return nonce;
  }
}

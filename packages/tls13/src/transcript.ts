import { concatBytes } from '@tsquic/bytes';
import type { CryptoProvider, Hash, HashName } from '@tsquic/crypto';
import { MessageType } from './message/handshake-message.ts';

/**
 * The hash over all handshake messages, RFC 8446 §4.4.1.
 *
 * The hash function is known from the ServerHello on: messages before it are kept, those after it are not.
 */
export class Transcript {
  private readonly crypto: CryptoProvider;
  private kept: Uint8Array[] = [];
  private running: Hash | undefined;

  constructor(crypto: CryptoProvider) {
    this.crypto = crypto;
  }

  /** Add one whole message, header included. */
  add(message: Uint8Array): void {
    if (this.running === undefined) this.kept.push(message);
    else this.running.update(message);
  }

  /** Put the synthetic message_hash in the place of the first ClientHello, before the HelloRetryRequest is added. */
  rewriteForRetry(hash: HashName): void {
    const digest = this.hashWith(hash);
    this.kept = [concatBytes(Uint8Array.of(MessageType.MessageHash, 0, 0, digest.length), digest)];
  }

  /** The hash of everything so far followed by `more`; only before `start`. For binders and early secrets. */
  hashWith(hash: HashName, ...more: readonly Uint8Array[]): Uint8Array {
    return this.crypto.hash(hash, concatBytes(...this.kept, ...more));
  }

  /** Settle the hash function. */
  start(hash: HashName): void {
    this.running = this.crypto.createHash(hash);
    for (const message of this.kept) this.running.update(message);
    this.kept = [];
  }

  /** The hash of everything so far; after `start`. */
  digest(): Uint8Array {
    if (this.running === undefined) throw new Error('the transcript has no hash function yet');
    return this.running.digest();
  }
}

import { concatBytes } from '@tsquic/bytes';
import type { CryptoProvider, Hash, HashName } from '@tsquic/crypto';
import { MessageType } from './message/handshake-message.ts';

/**
 * The hash over all handshake messages, RFC 8446 §4.4.1.
 *
 * The hash function is known from the ServerHello on: earlier messages are kept until then.
 */
export class Transcript {
  private readonly crypto: CryptoProvider;
  private kept: Uint8Array[] = [];
  private running: Hash | undefined;
  /** The digest, for the messages that are asked for twice; undefined once another one has come. */
  private known: Uint8Array | undefined;

  constructor(crypto: CryptoProvider) {
    this.crypto = crypto;
  }

  /** Add one complete message with its header. */
  add(message: Uint8Array): void {
    this.known = undefined;
    if (this.running === undefined) this.kept.push(message);
    else this.running.update(message);
  }

  /** Replace the first ClientHello by the synthetic message_hash, before the HelloRetryRequest is added. */
  rewriteForRetry(hash: HashName): void {
    const digest = this.hashWith(hash);
    this.kept = [concatBytes(Uint8Array.of(MessageType.MessageHash, 0, 0, digest.length), digest)];
  }

  /**
   * The hash of all messages so far followed by `more`, for binders and early secrets. Only before `start`.
   */
  hashWith(hash: HashName, ...more: readonly Uint8Array[]): Uint8Array {
    return this.crypto.hash(hash, concatBytes(...this.kept, ...more));
  }

  /** Set the hash function. */
  start(hash: HashName): void {
    this.running = this.crypto.createHash(hash);
    for (const message of this.kept) this.running.update(message);
    this.kept = [];
  }

  /** The hash of all messages so far. Only after `start`. */
  digest(): Uint8Array {
    if (this.running === undefined) throw new Error('the transcript has no hash function yet');
    return (this.known ??= this.running.digest());
  }
}

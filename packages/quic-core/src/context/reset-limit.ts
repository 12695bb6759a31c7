import { ByteReader } from '@tsquic/bytes';

/** Stateless resets per second: to addresses that share a bucket, and in all. */
const PER_BUCKET = 10;
const PER_SECOND = 100;
const BUCKETS = 64;

/**
 * Bounds how many stateless resets leave: forged packets must not make this endpoint a source of traffic, and
 * an address that sends many must not use up the resets of others. RFC 9000 §10.3
 */
export class ResetLimit {
  private readonly seed: number;
  private readonly sent = new Uint8Array(BUCKETS);
  private readonly turns = new Uint8Array(BUCKETS);
  private total = 0;
  private windowUs = -Infinity;

  /** @param secret - at least four secret bytes, which determine the addresses that share a bucket. */
  constructor(secret: Uint8Array) {
    this.seed = new ByteReader(secret).u32();
  }

  /** Count one stateless reset to this IP; returns whether it may leave. */
  take(ip: string, nowUs: number): boolean {
    if (nowUs - this.windowUs >= 1_000_000) {
      this.windowUs = nowUs;
      this.total = 0;
      this.sent.fill(0);
    }
    if (this.total >= PER_SECOND) return false;
    const bucket = this.bucketOf(ip);
    if (this.sent[bucket]! >= PER_BUCKET) return false;
    this.sent[bucket]!++;
    this.total++;
    return true;
  }

  /** Counts, modulo 256, how often it was asked for this IP, and others of its bucket. */
  turn(ip: string): number {
    return this.turns[this.bucketOf(ip)]!++;
  }

  /**
   * The hash need not be cryptographic: an attacker with many addresses can fill all buckets in any case, and
   * each stray packet has to pay for it.
   */
  private bucketOf(ip: string): number {
    let hash = this.seed;
    for (let i = 0; i < ip.length; i++) {
      hash = Math.imul(hash ^ ip.charCodeAt(i), 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    return (hash >>> 8) % BUCKETS;
  }
}

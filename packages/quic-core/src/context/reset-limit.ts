import { ByteReader } from '@tsquic/bytes';

/** Stateless resets a second: to addresses that share a bucket, and in all. */
const PER_BUCKET = 10;
const PER_SECOND = 100;
const BUCKETS = 64;

/**
 * Bounds how many stateless resets leave: forged packets must not make us a source of traffic, and who sends many
 * must not use up what other addresses deserve. RFC 9000 §10.3
 */
export class ResetLimit {
  private readonly seed: number;
  private readonly sent = new Uint8Array(BUCKETS);
  private total = 0;
  private windowUs = -Infinity;

  /** @param secret - at least four bytes that nobody knows: they choose who shares a bucket. */
  constructor(secret: Uint8Array) {
    this.seed = new ByteReader(secret).u32();
  }

  /** Whether one more may leave for this IP now. */
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

  /** No cryptography: whoever has many addresses fills all buckets anyway, and this runs for every stray packet. */
  private bucketOf(ip: string): number {
    let hash = this.seed;
    for (let i = 0; i < ip.length; i++) {
      hash = Math.imul(hash ^ ip.charCodeAt(i), 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    return (hash >>> 8) % BUCKETS;
  }
}

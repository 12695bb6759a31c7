import type { AckSample } from '../controller.ts';

/**
 * Loss that does not come from sending too much: the path loses this share whatever is sent.
 *
 * A queue that overflows, or a policer, loses less as soon as less is sent. So the share is the least of several
 * stretches of time: one in which nothing was lost proves that there is no loss but our own. The bounds of BBR judge
 * what exceeds it, as draft-ietf-ccwg-bbr judges all losses on a path that loses nothing by itself.
 */
export class BackgroundLoss {
  /** Bytes lost of each sent, 0 to `MOST`. */
  share = 0;
  private ackedBytes = 0;
  private lostBytes = 0;
  private readonly shares: number[] = [];

  onLost(lostBytes: number): void {
    this.lostBytes += lostBytes;
  }

  onAck(sample: AckSample, isRoundStart: boolean, mtuBytes: number): void {
    this.ackedBytes += sample.ackedBytes;
    const bytes = this.ackedBytes + this.lostBytes;
    if (!isRoundStart || bytes < STRETCH_PACKETS * mtuBytes) return;
    if (this.shares.length === STRETCHES) this.shares.shift();
    this.shares.push(this.lostBytes / bytes);
    this.share = this.shares.length < STRETCHES ? 0 : Math.min(...this.shares, MOST);
    this.ackedBytes = this.lostBytes = 0;
  }

  /** The most of `bytes` sent that may be lost before it says something: what is expected, and twice its deviation. */
  explainedBytes(bytes: number, mtuBytes: number): number {
    if (this.share === 0) return 0;
    const expectedBytes = this.share * bytes;
    return expectedBytes + 2 * Math.sqrt(expectedBytes * mtuBytes);
  }

  reset(): void {
    this.share = this.ackedBytes = this.lostBytes = 0;
    this.shares.length = 0;
  }
}

/** Packets of one stretch: of fewer, chance decides how many are lost. */
const STRETCH_PACKETS = 64;
const STRETCHES = 3;
/** Whatever the path loses, a flow that loses more than this gives way. */
const MOST = 0.2;

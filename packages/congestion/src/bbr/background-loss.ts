import type { AckSample } from '../controller.ts';

/**
 * Estimates the loss that is not caused by sending too much: the share of packets that the path loses at any
 * rate.
 *
 * A queue that overflows, or a policer, loses fewer packets as soon as fewer are sent. So the share is the
 * smallest of several stretches of time: a stretch without losses shows that all loss is caused by the
 * sender. BBR compares only the loss above this share with its bounds, as draft-ietf-ccwg-bbr compares all
 * loss on a path that loses none by itself.
 */
export class BackgroundLoss {
  /** Estimated share of lost bytes, 0 to `MOST`. */
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

  /**
   * How many of `bytes` sent may be lost without a sign of congestion: the expected number and twice its
   * deviation.
   */
  explainedBytes(bytes: number, mtuBytes: number): number {
    if (this.share === 0) return 0;
    const expectedBytes = this.share * bytes;
    return expectedBytes + 2 * Math.sqrt(expectedBytes * mtuBytes);
  }
}

/** Packets in one stretch: with fewer, their loss would depend on chance. */
const STRETCH_PACKETS = 64;
const STRETCHES = 3;
/** Upper bound of the share: a flow that loses more than this has to slow down whatever the cause. */
const MOST = 0.2;

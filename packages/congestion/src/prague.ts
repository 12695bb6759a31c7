import type { AckSample, CongestionEvent, CongestionOptions } from './controller.ts';
import { LossBased } from './loss-based.ts';
import { WindowLaw } from './window-law.ts';

/**
 * Prague: responds to CE marks of an L4S queue in proportion to their number, so that the queue stays below a
 * millisecond, and to a loss by halving the window. draft-briscoe-iccrg-prague-congestion-control, RFC 9331
 * §4
 */
export class Prague extends LossBased<PragueLaw> {
  override readonly name = 'prague';
  override readonly ecnCodepoint = 1;

  /** `longPaths` tells whether long round trips start faster. */
  constructor(options: CongestionOptions, longPaths: boolean = true) {
    super((nowUs) => new PragueLaw(nowUs), options, longPaths);
  }

  /** Moving average of the share of bytes that were marked. */
  get markedShare(): number {
    return this.law.markedShare;
  }
}

class PragueLaw extends WindowLaw {
  /** Marks do not stop growth as losses do: in a short queue, growth and reductions balance each other. */
  override readonly marksStartRecovery = false;
  markedShare = 1;
  private fractionBytes = 0;
  private roundEndBytes = 0;
  private roundStartUs: number;
  private roundAckedBytes = 0;
  private roundMarkedBytes = 0;

  constructor(nowUs: number) {
    super();
    this.roundStartUs = nowUs;
  }

  override onAck(sample: AckSample, inSlowStart: boolean): void {
    this.roundAckedBytes += sample.ackedBytes;
    this.roundMarkedBytes += Math.min(sample.ceBytes, sample.ackedBytes);
    if (sample.deliveredAtSendBytes < this.roundEndBytes) return;
    // Short rounds are counted together, so that all flows average over the same time.
    if (sample.nowUs - this.roundStartUs < VIRTUAL_RTT_US && sample.smoothedRttUs < VIRTUAL_RTT_US) return;
    const share = this.roundMarkedBytes / Math.max(this.roundAckedBytes, 1);
    // Before the first mark there is no average, and the first reduction is a full one.
    if (!inSlowStart || share > 0) this.markedShare += GAIN * (share - this.markedShare);
    this.roundEndBytes = sample.deliveredTotalBytes;
    this.roundStartUs = sample.nowUs;
    this.roundAckedBytes = 0;
    this.roundMarkedBytes = 0;
  }

  /** A flow that paces at its window per round trip has tested the window without filling it. */
  override isTested(sample: AckSample): boolean {
    return !sample.appLimited;
  }

  override grow(windowBytes: number, sample: AckSample, mtuBytes: number): number {
    const unmarkedBytes = Math.max(sample.ackedBytes - sample.ceBytes, 0);
    // A flow on a short path increases its rate as slowly as one at the virtual round-trip time. RFC 9331
    // §4.3
    const ratio = Math.min(sample.smoothedRttUs / VIRTUAL_RTT_US, 1);
    this.fractionBytes += (ratio * ratio * mtuBytes * unmarkedBytes) / windowBytes;
    const wholeBytes = Math.floor(this.fractionBytes);
    this.fractionBytes -= wholeBytes;
    return windowBytes + wholeBytes;
  }

  override reduce(windowBytes: number, event: CongestionEvent): number {
    return event.lostBytes > 0 ? windowBytes / 2 : windowBytes * (1 - this.markedShare / 2);
  }

  /**
   * A short queue marks bursts, so that a flow in congestion avoidance paces at its window per round trip.
   */
  override pacingRate(windowBytes: number, smoothedRttUs: number, inSlowStart: boolean): number {
    if (smoothedRttUs <= 0) return 0;
    return ((inSlowStart ? 2 : 1) * windowBytes * 1_000_000) / smoothedRttUs;
  }
}

/** Weight of the newest round in the average. */
const GAIN = 1 / 16;
/** Flows with a shorter round-trip time grow, and average, as if they had this one. */
const VIRTUAL_RTT_US = 25_000;

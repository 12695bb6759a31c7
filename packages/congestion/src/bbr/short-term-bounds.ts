import type { AckSample } from '../controller.ts';
import type { BackgroundLoss } from './background-loss.ts';
import { roundDeliveredBytes } from './delivery-rate.ts';

/**
 * Bounds from losses outside of probes: each round with a loss lowers rate and volume to what the path
 * delivered, by at most 30 %, until the next probe removes the bounds. draft-ietf-ccwg-bbr, "When not Probing
 * for Bandwidth"
 */
export class ShortTermBounds {
  /** Bytes per microsecond. */
  bandwidth: number = Infinity;
  inFlightBytes: number = Infinity;
  /** Whether a loss or mark was seen in this round. */
  lossInRound = false;
  /** Bytes lost in this round. */
  lostBytes = 0;
  /** The most bytes delivered at once in this round. */
  latestInFlightBytes = 0;
  /** Whether this ACK frame ends a round whose losses count together. */
  isRoundEnd = false;
  private latestBandwidth = 0;
  private roundEndBytes = 0;

  /** At the start of an ACK. */
  onAck(sample: AckSample, bandwidth: number): void {
    this.isRoundEnd = sample.deliveredAtSendBytes >= this.roundEndBytes;
    if (this.isRoundEnd) this.roundEndBytes = sample.deliveredTotalBytes;
    this.latestBandwidth = Math.max(this.latestBandwidth, bandwidth);
    this.latestInFlightBytes = Math.max(this.latestInFlightBytes, roundDeliveredBytes(sample));
  }

  /** Count this round's losses if they exceed the background loss of the path. */
  judgeLosses(background: BackgroundLoss, mtuBytes: number): void {
    const roundBytes = this.latestInFlightBytes + this.lostBytes;
    if (this.lostBytes > background.explainedBytes(roundBytes, mtuBytes)) this.lossInRound = true;
  }

  /** At the end of a round, lower the bounds if it had losses and was no probe. */
  adapt(maxBandwidth: number, windowBytes: number, accelerating: boolean): void {
    if (!this.isRoundEnd) return;
    if (this.lossInRound && !accelerating) {
      const bandwidth = this.bandwidth === Infinity ? maxBandwidth : this.bandwidth;
      const inFlightBytes = this.inFlightBytes === Infinity ? windowBytes : this.inFlightBytes;
      this.bandwidth = Math.max(this.latestBandwidth, BETA * bandwidth);
      this.inFlightBytes = Math.max(this.latestInFlightBytes, BETA * inFlightBytes);
    }
    this.forgetLosses();
  }

  /** At the end of an ACK frame, reset what the next round measures. */
  advance(sample: AckSample, bandwidth: number): void {
    if (!this.isRoundEnd) return;
    this.latestBandwidth = bandwidth;
    this.latestInFlightBytes = roundDeliveredBytes(sample);
  }

  lift(): void {
    this.bandwidth = Infinity;
    this.inFlightBytes = Infinity;
  }

  forgetLosses(): void {
    this.lossInRound = false;
    this.lostBytes = 0;
  }

  forgetSignals(): void {
    this.forgetLosses();
    this.latestBandwidth = 0;
    this.latestInFlightBytes = 0;
  }
}

const BETA = 0.7;

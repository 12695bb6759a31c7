import type { AckSample } from '../controller.ts';
import type { BackgroundLoss } from './background-loss.ts';
import { roundDeliveredBytes } from './delivery-rate.ts';

/**
 * Bounds from losses outside the times of probing: each round with a loss brings rate and volume down to what the
 * path delivered, by 30 % at most, until the next probe lifts them. draft-ietf-ccwg-bbr, "When not Probing for
 * Bandwidth"
 */
export class ShortTermBounds {
  /** Bytes per microsecond. */
  bandwidth: number = Infinity;
  inFlightBytes: number = Infinity;
  /** A loss or mark was seen in the present round. */
  lossInRound = false;
  /** What was lost in the present round. */
  lostBytes = 0;
  /** The most delivered at once within the present round. */
  latestInFlightBytes = 0;
  /** The present ACK ends a round in which losses count together. */
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

  /** More was lost in this round than the path loses anyway. */
  judgeLosses(background: BackgroundLoss, mtuBytes: number): void {
    const roundBytes = this.latestInFlightBytes + this.lostBytes;
    if (this.lostBytes > background.explainedBytes(roundBytes, mtuBytes)) this.lossInRound = true;
  }

  /** Once a round: lower the bounds if it lost something and was not meant to. */
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

  /** At the end of an ACK: the next round measures afresh. */
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

  reset(): void {
    this.lift();
    this.forgetSignals();
    this.roundEndBytes = 0;
    this.isRoundEnd = false;
  }
}

const BETA = 0.7;

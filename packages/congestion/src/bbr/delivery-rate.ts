import type { AckSample } from '../controller.ts';
import { WindowedMax } from './filters.ts';

/**
 * Bytes per microsecond at which the path delivered, or 0 when the ACK tells nothing: an interval shorter than the
 * least RTT measures how ACKs bunch, not how fast data flows. draft-cheng-iccrg-delivery-rate-estimation §3.3
 */
export function deliveryRate(sample: AckSample): number {
  if (sample.deliveredBytes <= 0 || sample.deliveryIntervalUs <= 0) return 0;
  return sample.deliveryIntervalUs < sample.minRttUs ? 0 : sample.deliveredBytes / sample.deliveryIntervalUs;
}

/** Bytes delivered since the newest acknowledged packet left: what a round trip carried. */
export function roundDeliveredBytes(sample: AckSample): number {
  return sample.deliveredTotalBytes - sample.deliveredAtSendBytes;
}

/**
 * Bytes in flight when the newest acknowledged packet left: all of them have been delivered or declared lost since,
 * but for the few that wait for a verdict.
 */
export function inFlightAtSend(sample: AckSample): number {
  return roundDeliveredBytes(sample) + sample.lostBytes;
}

/** Counts rounds: one is over when a packet sent after it began is acknowledged. */
export class RoundCounter {
  count = 0;
  /** The present ACK began a round. */
  isStart = false;
  private endBytes = 0;

  onAck(sample: AckSample): void {
    this.isStart = sample.deliveredAtSendBytes >= this.endBytes;
    if (!this.isStart) return;
    this.count++;
    this.endBytes = sample.deliveredTotalBytes;
  }

  /** A round begins now, whatever the last one had left. */
  restart(deliveredTotalBytes: number): void {
    this.endBytes = deliveredTotalBytes;
  }

  reset(): void {
    this.count = 0;
    this.isStart = false;
    this.endBytes = 0;
  }
}

/** How many more bytes ACKs report at once than the bandwidth explains, so that the window can bridge their pauses. */
export class AckAggregation {
  /** The most of the last rounds. */
  extraBytes = 0;
  private startUs = 0;
  private ackedBytes = 0;
  private readonly filter: WindowedMax = new WindowedMax();

  onAck(
    sample: AckSample,
    bandwidth: number,
    round: number,
    windowBytes: number,
    filterRounds: number,
  ): void {
    let expectedBytes = bandwidth * (sample.nowUs - this.startUs);
    if (this.ackedBytes <= expectedBytes) {
      this.restart(sample.nowUs);
      expectedBytes = 0;
    }
    this.ackedBytes += sample.ackedBytes;
    const extraBytes = Math.min(this.ackedBytes - expectedBytes, windowBytes);
    this.extraBytes = this.filter.add(extraBytes, round, filterRounds);
  }

  /** ACKs before `nowUs` say nothing about those to come. */
  restart(nowUs: number): void {
    this.startUs = nowUs;
    this.ackedBytes = 0;
  }

  reset(nowUs: number): void {
    this.restart(nowUs);
    this.extraBytes = 0;
    this.filter.reset();
  }
}

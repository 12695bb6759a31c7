import type { AckSample } from '../controller.ts';
import { WindowedMax } from './filters.ts';

/**
 * Rate of delivery in bytes per microsecond, or 0 when the ACK frame gives no sample: an interval below the
 * minimum round-trip time shows how ACK frames bunch, and not how fast data is delivered.
 * draft-cheng-iccrg-delivery-rate-estimation §3.3
 */
export function deliveryRate(sample: AckSample): number {
  if (sample.deliveredBytes <= 0 || sample.deliveryIntervalUs <= 0) return 0;
  return sample.deliveryIntervalUs < sample.minRttUs ? 0 : sample.deliveredBytes / sample.deliveryIntervalUs;
}

/** Bytes delivered since the newest acknowledged packet left, which is what one round trip carried. */
export function roundDeliveredBytes(sample: AckSample): number {
  return sample.deliveredTotalBytes - sample.deliveredAtSendBytes;
}

/**
 * Bytes that were in flight when the newest acknowledged packet left: most of them have been delivered or
 * declared lost since.
 */
export function inFlightAtSend(sample: AckSample): number {
  return roundDeliveredBytes(sample) + sample.lostBytes;
}

/** Counts rounds: one is over when a packet sent after it began is acknowledged. */
export class RoundCounter {
  count = 0;
  /** Whether the current ACK frame began a round. */
  isStart = false;
  private endBytes = 0;

  onAck(sample: AckSample): void {
    this.isStart = sample.deliveredAtSendBytes >= this.endBytes;
    if (!this.isStart) return;
    this.count++;
    this.endBytes = sample.deliveredTotalBytes;
  }

  /** A round begins now, even if the last one is not over. */
  restart(deliveredTotalBytes: number): void {
    this.endBytes = deliveredTotalBytes;
  }
}

/**
 * By how many bytes ACK frames that come in bursts exceed what the bandwidth explains: the window has to
 * bridge the pauses between them.
 */
export class AckAggregation {
  /** The most such bytes in the last rounds. */
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

  /** Samples from before `nowUs` do not count any more. */
  restart(nowUs: number): void {
    this.startUs = nowUs;
    this.ackedBytes = 0;
  }
}

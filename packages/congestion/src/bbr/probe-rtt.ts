import type { AckSample } from '../controller.ts';
import type { PathModel } from './path-model.ts';

/**
 * The state ProbeRTT: the queue is emptied and kept empty for 200 ms and a round, to measure the round-trip
 * time without it. draft-ietf-ccwg-bbr, "ProbeRTT"
 */
export class ProbeRtt {
  private endUs = Infinity;
  private isRoundDone = false;
  /** Packets sent before so many bytes were delivered were held back, so that their rates are too low. */
  private heldBackUntilBytes = -1;

  start(): void {
    this.endUs = Infinity;
  }

  /** Whether the packets that this ACK acknowledges left while ProbeRTT held the flow back. */
  heldBack(sample: AckSample): boolean {
    return sample.deliveredAtSendBytes <= this.heldBackUntilBytes;
  }

  /** Take an ACK frame in this state; returns whether a round has passed since the queue was empty. */
  onAck(sample: AckSample, model: PathModel): boolean {
    this.heldBackUntilBytes = sample.deliveredTotalBytes + sample.inFlightBytes;
    if (this.endUs === Infinity) {
      if (sample.inFlightBytes > model.probeRttWindow) return false;
      this.endUs = sample.nowUs + PROBE_RTT_US;
      this.isRoundDone = false;
      model.restartRound();
      return false;
    }
    if (model.round.isStart) this.isRoundDone = true;
    return this.isRoundDone;
  }

  /** Whether the queue has been empty for long enough. */
  isOver(nowUs: number): boolean {
    return nowUs > this.endUs;
  }
}

/** How long the queue stays empty: BBR.ProbeRTTDuration. */
const PROBE_RTT_US = 200_000;

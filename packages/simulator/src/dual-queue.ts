import { type Datagram, Ecn, wireBytes } from './datagram.ts';
import { Fifo } from './fifo.ts';
import type { Queue } from './queue.ts';
import type { Random } from './random.ts';

export interface DualQueueOptions {
  /** Delay to which the classic queue is controlled. Default 15000. */
  readonly targetUs?: number;
  /**
   * Delay from which the low-latency queue marks every datagram; at least that of two datagrams. Default
   * 1000.
   */
  readonly stepUs?: number;
}

interface Waiting {
  readonly datagram: Datagram;
  readonly sinceUs: number;
}

/** How often the classic queue's probability is computed. */
const UPDATE_US = 16_000;
const INTEGRAL_GAIN_PER_S = 0.16;
const PROPORTIONAL_GAIN_PER_S = 3.2;
const COUPLING = 2;
/** The low-latency queue is served first unless the head of the classic one has waited so much longer. */
const TIME_SHIFT_US = 50_000;

/**
 * Dual-queue coupled AQM, RFC 9332 with the PI2 controller of its appendix A. ECT(1) and CE pass a shallow
 * queue that marks early. Other datagrams pass a classic queue that drops, or marks ECT(0), with the square
 * of a probability from which the marking of the first also follows.
 */
export class DualQueue implements Queue {
  bytes = 0;
  dropped = 0;
  marked = 0;
  private readonly targetUs: number;
  private readonly stepUs: number;
  private readonly limitBytes: number;
  private readonly limitDatagrams: number;
  private readonly random: Random;
  private readonly lowLatency = new Fifo<Waiting>();
  private readonly classic = new Fifo<Waiting>();
  private probability = 0;
  private delayBeforeUs = 0;
  private updatedUs = 0;

  constructor(options: DualQueueOptions, limitBytes: number, limitDatagrams: number, random: Random) {
    this.targetUs = options.targetUs ?? 15_000;
    this.stepUs = options.stepUs ?? 1000;
    this.limitBytes = limitBytes;
    this.limitDatagrams = limitDatagrams;
    this.random = random;
  }

  push(datagram: Datagram, nowUs: number): void {
    const length = this.lowLatency.length + this.classic.length;
    if (this.bytes + wireBytes(datagram) > this.limitBytes || length >= this.limitDatagrams) {
      this.dropped++;
      return;
    }
    this.bytes += wireBytes(datagram);
    const isLowLatency = datagram.ecn === Ecn.Ect1 || datagram.ecn === Ecn.Ce;
    (isLowLatency ? this.lowLatency : this.classic).push({ datagram, sinceUs: nowUs });
  }

  pop(nowUs: number): Datagram | undefined {
    this.update(nowUs);
    for (;;) {
      const isLowLatency = this.isLowLatencyNext();
      const head = (isLowLatency ? this.lowLatency : this.classic).shift();
      if (head === undefined) return undefined;
      this.bytes -= wireBytes(head.datagram);
      const kept = isLowLatency ? this.passLowLatency(head, nowUs) : this.passClassic(head);
      if (kept !== undefined) return kept;
    }
  }

  private isLowLatencyNext(): boolean {
    const low = this.lowLatency.first;
    const classic = this.classic.first;
    if (low === undefined) return false;
    return classic === undefined || low.sinceUs - TIME_SHIFT_US <= classic.sinceUs;
  }

  private passLowLatency(head: Waiting, nowUs: number): Datagram {
    const step = nowUs - head.sinceUs > this.stepUs ? 1 : 0;
    const coupled = Math.min(1, COUPLING * this.probability);
    if (!this.random.chance(Math.max(step, coupled)) || head.datagram.ecn === Ecn.Ce) return head.datagram;
    this.marked++;
    return { ...head.datagram, ecn: Ecn.Ce };
  }

  private passClassic(head: Waiting): Datagram | undefined {
    if (!this.random.chance(this.probability * this.probability)) return head.datagram;
    if (head.datagram.ecn === Ecn.Ect0) {
      this.marked++;
      return { ...head.datagram, ecn: Ecn.Ce };
    }
    this.dropped++;
    return undefined;
  }

  private update(nowUs: number): void {
    while (nowUs - this.updatedUs >= UPDATE_US) {
      this.updatedUs += UPDATE_US;
      const head = this.classic.first;
      const delayUs = head === undefined ? 0 : Math.max(0, this.updatedUs - head.sinceUs);
      const change =
        (INTEGRAL_GAIN_PER_S * (delayUs - this.targetUs) +
          PROPORTIONAL_GAIN_PER_S * (delayUs - this.delayBeforeUs)) /
        1e6;
      this.probability = Math.min(1, Math.max(0, this.probability + change));
      this.delayBeforeUs = delayUs;
    }
  }
}

import { type Datagram, Ecn, wireBytes } from './datagram.ts';
import { Fifo } from './fifo.ts';
import type { Queue } from './queue.ts';

export interface CodelOptions {
  /** Acceptable standing delay. Default 5000. */
  readonly targetUs?: number;
  /** Time over which the delay must exceed the target. Default 100000. */
  readonly intervalUs?: number;
  /** Whether ECN-capable datagrams are marked instead of dropped. Default true. */
  readonly marks?: boolean;
}

/**
 * Controlled delay, RFC 8289: drops or marks datagrams at the head when they have waited too long for a whole
 * interval.
 */
export class CodelQueue implements Queue {
  bytes = 0;
  dropped = 0;
  marked = 0;
  private readonly targetUs: number;
  private readonly intervalUs: number;
  private readonly marks: boolean;
  private readonly limitBytes: number;
  private readonly limitDatagrams: number;
  private readonly waiting = new Fifo<{ readonly datagram: Datagram; readonly sinceUs: number }>();
  /** When the delay will have exceeded the target for a whole interval; 0 while it does not exceed it. */
  private firstAboveUs = 0;
  private dropping = false;
  private nextDropUs = 0;
  private count = 0;
  private lastCount = 0;

  constructor(options: CodelOptions, limitBytes: number, limitDatagrams: number) {
    this.targetUs = options.targetUs ?? 5000;
    this.intervalUs = options.intervalUs ?? 100_000;
    this.marks = options.marks ?? true;
    this.limitBytes = limitBytes;
    this.limitDatagrams = limitDatagrams;
  }

  push(datagram: Datagram, nowUs: number): void {
    if (this.bytes + wireBytes(datagram) > this.limitBytes || this.waiting.length >= this.limitDatagrams) {
      this.dropped++;
      return;
    }
    this.bytes += wireBytes(datagram);
    this.waiting.push({ datagram, sinceUs: nowUs });
  }

  pop(nowUs: number): Datagram | undefined {
    let datagram = this.take(nowUs);
    if (this.dropping) {
      if (!this.isTooLate(nowUs)) this.dropping = false;
      while (this.dropping && datagram !== undefined && nowUs >= this.nextDropUs) {
        this.count++;
        if (this.mark(datagram)) {
          this.nextDropUs = this.controlLaw(this.nextDropUs);
          return { ...datagram, ecn: Ecn.Ce };
        }
        this.dropped++;
        datagram = this.take(nowUs);
        if (this.isTooLate(nowUs)) this.nextDropUs = this.controlLaw(this.nextDropUs);
        else this.dropping = false;
      }
      return datagram;
    }
    if (datagram === undefined || !this.isTooLate(nowUs)) return datagram;
    return this.startDropping(datagram, nowUs);
  }

  private startDropping(datagram: Datagram, nowUs: number): Datagram | undefined {
    this.dropping = true;
    // After recent drops, continue at about the rate that controlled the queue then (RFC 8289 §5.4).
    const recent = nowUs - this.nextDropUs < 16 * this.intervalUs;
    const delta = this.count - this.lastCount;
    this.count = recent && delta > 1 ? delta : 1;
    this.lastCount = this.count;
    this.nextDropUs = this.controlLaw(nowUs);
    if (this.mark(datagram)) return { ...datagram, ecn: Ecn.Ce };
    this.dropped++;
    return this.take(nowUs);
  }

  /** Remove the head, and determine whether the delay is too long. */
  private take(nowUs: number): Datagram | undefined {
    const head = this.waiting.shift();
    if (head === undefined) {
      this.firstAboveUs = 0;
      return undefined;
    }
    this.bytes -= wireBytes(head.datagram);
    // A queue of one datagram is never too long, whatever the rate of the link.
    if (nowUs - head.sinceUs < this.targetUs || this.bytes === 0) this.firstAboveUs = 0;
    else if (this.firstAboveUs === 0) this.firstAboveUs = nowUs + this.intervalUs;
    return head.datagram;
  }

  private isTooLate(nowUs: number): boolean {
    return this.firstAboveUs !== 0 && nowUs >= this.firstAboveUs;
  }

  private mark(datagram: Datagram): boolean {
    if (!this.marks || datagram.ecn === Ecn.NotEct) return false;
    this.marked++;
    return true;
  }

  private controlLaw(fromUs: number): number {
    return fromUs + this.intervalUs / Math.sqrt(this.count);
  }
}

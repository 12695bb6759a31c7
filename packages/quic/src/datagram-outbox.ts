import type { Alarm } from '@tsquic/event-adapters';
import { DatagramLimits } from './datagram-limits.ts';
import { invalidChunk, QuicWritable } from './web-writable.ts';

interface Waiting {
  readonly data: Uint8Array;
  readonly atUs: number;
  /** Called when it has left or was dropped. */
  readonly done: () => void;
}

/** Datagrams written to the stream that wait for a packet to be built. */
export class DatagramOutbox {
  readonly limits: DatagramLimits = new DatagramLimits(1, () => this.onLimits());
  private readonly nowUs: () => number;
  private readonly maxBytes: () => number;
  private readonly onWaiting: () => void;
  private readonly waiting: Waiting[] = [];
  private stream: QuicWritable | undefined = undefined;
  private fail: ((error: unknown) => void) | undefined = undefined;
  private readonly state: { failure: unknown; used: boolean } = { failure: undefined, used: false };

  /** Fires when the oldest datagram, or one that has left since, has waited too long. */
  private readonly alarm: Alarm;

  /**
   * @param maxBytes - returns the size of the largest datagram that fits now.
   * @param onWaiting - is called when a datagram waits for `fill`.
   */
  constructor({ createAlarm, nowUs }: OutboxClock, maxBytes: () => number, onWaiting: () => void) {
    this.nowUs = nowUs;
    this.maxBytes = maxBytes;
    this.onWaiting = onWaiting;
    this.alarm = createAlarm(() => this.expire());
  }

  get writable(): WritableStream<Uint8Array> {
    this.stream ??= this.create();
    return this.stream;
  }

  /**
   * Copy the oldest datagram that is not too old into `room`; returns its length, -1 when it does not fit,
   * undefined when there is none.
   */
  fill(room: Uint8Array): number | undefined {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const { data, atUs, done } = next;
      const isLate = this.limits.isTooOld(atUs, this.nowUs()) || data.length > this.maxBytes();
      if (!isLate && data.length > room.length) return -1;
      this.waiting.shift();
      done();
      if (isLate) continue;
      room.set(data);
      return data.length;
    }
    return undefined;
  }

  /** The connection has ended: no datagram is sent any more. */
  end(error: unknown): void {
    this.state.failure = error;
    for (const { done } of this.waiting.splice(0)) done();
    this.alarm.cancel();
    this.fail?.(error);
  }

  private onLimits(): void {
    this.expire();
    for (const { done } of this.waiting.slice(0, this.limits.highWaterMark)) done();
  }

  /** Drop datagrams that have waited too long, and set the alarm for the next. */
  private expire(): void {
    const { waiting, limits } = this;
    while (waiting.length > 0 && limits.isTooOld(waiting[0]!.atUs, this.nowUs())) waiting.shift()!.done();
    const [oldest] = waiting;
    if (oldest === undefined || limits.maxAge === null) this.alarm.cancel();
    else this.alarm.set(Math.floor(oldest.atUs + limits.maxAge * 1000 - this.nowUs()) + 1);
  }

  private create(): QuicWritable {
    return QuicWritable.over(
      { half: this.state, writers: 0 },
      {
        start: (controller) => {
          this.fail = (error) => controller.error(error);
          if (this.state.failure !== undefined) controller.error(this.state.failure);
        },
        write: (chunk) => this.write(chunk),
      },
      { highWaterMark: 1 },
    );
  }

  private write(chunk: Uint8Array): Promise<void> | undefined {
    if (!(chunk instanceof Uint8Array)) throw invalidChunk();
    // A datagram that is too large is lost, as in WebTransport.
    if (chunk.length > this.maxBytes()) return undefined;
    return new Promise((resolve) => {
      this.waiting.push({ data: chunk.slice(), atUs: this.nowUs(), done: resolve });
      if (this.waiting.length <= this.limits.highWaterMark) resolve();
      if (this.waiting.length === 1) this.expire();
      this.onWaiting();
    });
  }
}

/** The clock for the age of datagrams. */
export interface OutboxClock {
  nowUs(): number;
  createAlarm(task: () => void): Alarm;
}

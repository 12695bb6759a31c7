import { IntervalSet } from '../spaces/interval-set.ts';
import { ByteRing } from './byte-ring.ts';
import type { IdleRings } from './idle-rings.ts';
import type { SendMemory } from './send-memory.ts';

/**
 * The bytes of a stream between the application's write and the peer's acknowledgement.
 *
 *   0 … base … acked and unacked … sent … not yet sent … end
 *
 * Everything below `base` is acknowledged and gone. `lost` holds what must be sent again.
 */
export class SendBuffer {
  base = 0;
  /** Next byte that was never sent. */
  sent = 0;
  /** One past the last byte written. */
  end = 0;
  readonly lost: IntervalSet = new IntervalSet();
  private readonly acked = new IntervalSet();
  private readonly ring: ByteRing;

  private readonly memory: SendMemory | undefined;

  /**
   * @param idle - see `ByteRing`.
   * @param memory - is told how much is held.
   */
  constructor(idle?: IdleRings, memory?: SendMemory) {
    this.ring = new ByteRing(idle);
    this.memory = memory;
  }

  /** Bytes held. */
  get heldBytes(): number {
    return this.end - this.base;
  }

  get unsentBytes(): number {
    return this.end - this.sent;
  }

  /** Append `data[from, to)`. */
  append(data: Uint8Array, from: number, to: number): void {
    const end = this.end + to - from;
    this.ring.reserve(this.base, this.end, end);
    if (from < to) this.ring.write(this.end, data, from, to);
    this.end = end;
    this.memory?.change(to - from);
  }

  /** Copy `[from, to)` into a packet. */
  copyTo(target: Uint8Array, targetAt: number, from: number, to: number): void {
    this.ring.read(from, to - from, target, targetAt);
  }

  /** The peer has `[from, to)`. */
  onAcked(from: number, to: number): void {
    if (this.lost.count > 0) this.lost.remove(from, to);
    if (to <= this.base) return;
    if (from <= this.base && this.acked.count === 0) return this.advance(to);
    this.acked.add(Math.max(from, this.base), to);
    if (this.acked.startAt(0) !== this.base) return;
    const end = this.acked.endAt(0);
    this.acked.dropFirst();
    this.advance(end);
  }

  /** Everything below `base` has arrived. */
  private advance(base: number): void {
    this.memory?.change(this.base - base);
    this.base = base;
    if (base === this.end) this.ring.onEmpty();
  }

  /** The peer may not have `[from, to)`. */
  onLost(from: number, to: number): void {
    const start = Math.max(from, this.base);
    if (start < to) this.lost.addExcept(start, to, this.acked);
  }

  /** Give back the memory if nothing is in it. */
  rest(): void {
    if (this.base < this.end) return;
    this.lost.clear();
    this.acked.clear();
    this.ring.release();
  }

  /** Everything is as if it were acknowledged: the stream was reset. */
  discard(): void {
    this.lost.clear();
    this.acked.clear();
    this.ring.release();
    this.memory?.change(this.base - this.end);
    this.base = this.end = this.sent;
  }
}

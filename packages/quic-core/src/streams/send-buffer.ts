import { IntervalSet } from '../ranges/interval-set.ts';
import { ByteRing } from './byte-ring.ts';
import type { IdleRings } from './idle-rings.ts';
import type { SendMemory } from './send-memory.ts';

/** States of the end of a stream, the FIN bit. RFC 9000 §3.1 */
const End = { Open: 0, Unsent: 1, Sent: 2, Acked: 3 } as const;
type End = (typeof End)[keyof typeof End];

/**
 * The bytes of a stream between the application's write and the peer's acknowledgement.
 *
 *   0 … base … acked and unacked … sent … not yet sent … end
 *
 * Everything below `base` is acknowledged and gone. `lost` holds what must be sent again. What is sent next is what was
 * lost, then what is new: `select` finds it, `onSent` is told how much of it a frame could hold. Streams and CRYPTO
 * streams both send in this order; the latter have no end.
 */
export class SendBuffer {
  base = 0;
  /** Next byte that was never sent. */
  sent = 0;
  /** One past the last byte written. */
  end = 0;
  /** The range that `select` found. */
  nextFrom = 0;
  nextTo = 0;
  readonly lost: IntervalSet = new IntervalSet();
  private finalEnd: End = End.Open;
  /** `base` when the stream was reset; -1 before. */
  private baseAtReset = -1;
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

  /** Bytes from the beginning that the peer has acknowledged; a reset does not change them. */
  get acknowledgedBytes(): number {
    return this.baseAtReset < 0 ? this.base : this.baseAtReset;
  }

  /** Whether lost bytes must be sent again. */
  get hasLost(): boolean {
    return this.lost.count > 0;
  }

  /** Whether the stream ends after the bytes that were appended. */
  get isEnded(): boolean {
    return this.finalEnd !== End.Open;
  }

  /** Whether the FIN bit must be sent, for the first time or again. */
  get owesEnd(): boolean {
    return this.finalEnd === End.Unsent;
  }

  /** Whether the peer has acknowledged every byte and the FIN. */
  get isDelivered(): boolean {
    return this.finalEnd === End.Acked && this.base === this.end;
  }

  /** Append `data[from, to)`. */
  append(data: Uint8Array, from: number, to: number): void {
    const end = this.end + to - from;
    this.ring.reserve(this.base, this.end, end);
    if (from < to) this.ring.write(this.end, data, from, to);
    this.end = end;
    this.memory?.change(to - from);
  }

  /** Append `data[from, to)`, which stands in a packet already, and so does the end if `fin`. */
  appendSent(data: Uint8Array, from: number, to: number, fin: boolean): void {
    this.append(data, from, to);
    this.sent = this.end;
    if (fin) this.finalEnd = End.Sent;
  }

  /** The stream ends after the bytes that were appended. */
  finish(): void {
    this.finalEnd = End.Unsent;
  }

  /**
   * Find the range `[nextFrom, nextTo)` to send next: what was lost first, then what is new. It is empty when only the
   * end is left to send.
   *
   * @param newBytes - how many bytes that were never sent may be sent.
   * @returns whether there is anything to send.
   */
  select(newBytes: number): boolean {
    const { lost } = this;
    if (lost.count > 0) {
      this.nextFrom = lost.startAt(0);
      this.nextTo = lost.endAt(0);
      return true;
    }
    this.nextFrom = this.sent;
    this.nextTo = Math.min(this.end, this.sent + newBytes);
    return this.nextTo > this.nextFrom || (this.sent === this.end && this.owesEnd);
  }

  /**
   * Whether a STREAM frame that ends at `to` has the FIN bit: each such frame does until the FIN is
   * acknowledged.
   */
  reachesEnd(to: number): boolean {
    return to === this.end && (this.finalEnd === End.Unsent || this.finalEnd === End.Sent);
  }

  /** `[nextFrom, to)` stands in a packet; returns how many of these bytes were never sent before. */
  onSent(to: number): number {
    if (this.reachesEnd(to)) this.finalEnd = End.Sent;
    if (this.nextFrom < this.sent) {
      this.lost.remove(this.nextFrom, to);
      return 0;
    }
    const newBytes = to - this.sent;
    this.sent = to;
    return newBytes;
  }

  /** Copy `[from, to)` into a packet. */
  copyTo(target: Uint8Array, targetAt: number, from: number, to: number): void {
    this.ring.read(from, to - from, target, targetAt);
  }

  /** The peer has `[from, to)`, and the end with it if `fin`. */
  onAcked(from: number, upTo: number, fin = false): void {
    // Bytes that a reset cut off may still be acknowledged.
    const to = Math.min(upTo, this.end);
    if (fin && this.isEnded) this.finalEnd = End.Acked;
    if (this.lost.count > 0) this.lost.remove(from, to);
    if (to <= this.base || from >= to) return;
    if (from <= this.base && this.acked.count === 0) return this.advance(to);
    this.acked.add(Math.max(from, this.base), to);
    if (this.acked.startAt(0) !== this.base) return;
    const end = this.acked.endAt(0);
    this.acked.dropFirst();
    this.advance(end);
  }

  /** The peer has acknowledged every byte below `base`. */
  private advance(base: number): void {
    this.memory?.change(this.base - base);
    this.base = base;
    if (base === this.end) this.ring.onEmpty();
  }

  /** The packet with `[from, to)`, and the FIN if `fin`, is lost. */
  onLost(from: number, to: number, fin = false): void {
    if (fin && this.finalEnd === End.Sent) this.finalEnd = End.Unsent;
    const start = Math.max(from, this.base);
    const end = Math.min(to, this.end);
    if (start < end) this.lost.addExcept(start, end, this.acked);
  }

  /** The peer rejected 0-RTT and has read nothing: every byte counts as never sent. */
  restart(): void {
    this.lost.clear();
    this.sent = this.base;
    if (this.finalEnd === End.Sent) this.finalEnd = End.Unsent;
  }

  /** Give back the memory if nothing is in it. */
  rest(): void {
    if (this.base < this.end) return;
    this.lost.clear();
    this.acked.clear();
    this.ring.release();
  }

  /** Only the first `size` bytes of the stream matter any more, and no end follows them. */
  cut(size: number): void {
    const end = Math.max(size, this.base);
    if (end < this.end) {
      this.lost.remove(end, this.end);
      this.acked.remove(end, this.end);
      this.memory?.change(end - this.end);
      this.end = end;
      this.sent = Math.min(this.sent, end);
    }
    this.finalEnd = End.Open;
    if (this.base === this.end) this.ring.onEmpty();
  }

  /** The stream was reset: every byte counts as acknowledged. */
  discard(): void {
    this.baseAtReset = this.acknowledgedBytes;
    this.lost.clear();
    this.acked.clear();
    this.ring.release();
    this.memory?.change(this.base - this.end);
    this.base = this.end = this.sent;
  }
}

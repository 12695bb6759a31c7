import type { IdleRings } from './idle-rings.ts';

const EMPTY = new Uint8Array(0);
const FIRST_CAPACITY = 1024;
/** A larger ring that is empty keeps its memory only while a good part of it is used. */
const WIDE_CAPACITY = 256 * 1024;
/** A ring of at most this size always keeps its memory, because giving it back saves too little. */
const SMALL_CAPACITY = 2048;

/**
 * Bytes addressed by stream offset, in a ring whose size is a power of two, and grows by doubling. It holds `[base, base + capacity)`;
 * the owner knows which of these are meaningful.
 */
export class ByteRing {
  private bytes: Uint8Array = EMPTY;
  private readonly idle: IdleRings | undefined;
  private isEmpty = true;
  /** The most bytes that the ring had to hold since it was empty. */
  private filled = 0;

  /** @param idle - what decides whether the ring keeps its memory when it is empty. Default: it does not. */
  constructor(idle?: IdleRings) {
    this.idle = idle;
  }

  /** Bytes of memory. */
  get capacity(): number {
    return this.bytes.length;
  }

  /** Make room for `[base, end)`, keeping what stands in `[base, keepEnd)`. */
  reserve(base: number, keepEnd: number, end: number): void {
    this.isEmpty = false;
    if (end - base > this.filled) this.filled = end - base;
    if (end - base <= this.bytes.length) return;
    const old = this.bytes;
    this.bytes = new Uint8Array(powerFrom(Math.max(old.length * 2, FIRST_CAPACITY), end - base));
    if (old.length === 0) return;
    for (let at = base; at < keepEnd;) {
      const from = placeOf(at, old);
      const length = Math.min(keepEnd - at, old.length - from);
      this.write(at, old, from, from + length);
      at += length;
    }
  }

  /** Copy `source[from, to)` to `offset`. */
  write(offset: number, source: Uint8Array, from: number, to: number): void {
    const at = placeOf(offset, this.bytes);
    const first = Math.min(to - from, this.bytes.length - at);
    this.bytes.set(source.subarray(from, from + first), at);
    if (first < to - from) this.bytes.set(source.subarray(from + first, to), 0);
  }

  /** Copy `[offset, offset + length)` to `target[targetAt, …)`. */
  read(offset: number, length: number, target: Uint8Array, targetAt: number): void {
    if (length === 0) return;
    const at = placeOf(offset, this.bytes);
    const first = Math.min(length, this.bytes.length - at);
    target.set(this.bytes.subarray(at, at + first), targetAt);
    if (first < length) target.set(this.bytes.subarray(0, length - first), targetAt + first);
  }

  /** The ring holds no bytes: an idle stream must not keep the memory that a burst took. */
  onEmpty(): void {
    if (this.isEmpty) return;
    const { capacity, filled } = this;
    this.isEmpty = true;
    this.filled = 0;
    if (capacity <= SMALL_CAPACITY) return;
    if (this.idle === undefined || (capacity > WIDE_CAPACITY && filled < capacity / 4)) this.release();
    else this.idle.add(this);
  }

  releaseIfEmpty(): void {
    if (this.isEmpty) this.release();
  }

  /** Hold no more than `[base, end)`. */
  shrink(base: number, end: number): void {
    const kept = new Uint8Array(end - base);
    this.read(base, kept.length, kept, 0);
    this.release();
    if (kept.length === 0) return;
    this.isEmpty = false;
    this.filled = kept.length;
    this.bytes = new Uint8Array(powerFrom(1, kept.length));
    this.write(base, kept, 0, kept.length);
  }

  /** Give the memory back. */
  release(): void {
    this.isEmpty = true;
    this.filled = 0;
    this.bytes = EMPTY;
  }
}

/** The first power of two from `least` on, itself one, that is not below `bytes`. */
function powerFrom(least: number, bytes: number): number {
  let power = least;
  while (power < bytes) power *= 2;
  return power;
}

/** The remainder by the size of a ring, which is a power of two below 2^32: cheaper than that of any number. */
function placeOf(offset: number, ring: Uint8Array): number {
  return (offset >>> 0) & (ring.length - 1);
}

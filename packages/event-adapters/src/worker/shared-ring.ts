/**
 * A stream of bytes between two threads, in shared memory: one thread writes, one reads, and neither blocks.
 * The capacity of the ring limits the writer: a full ring takes no bytes until the reader has made room.
 *
 * A ring does not notify the other thread of changes; `wakeUp` does.
 */
export class SharedRing {
  /** The shared memory: pass it in `data`, and make a ring of it in the other thread. */
  readonly memory: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly mask: number;

  /**
   * @param memory - the memory of a ring in another thread, or the capacity of a new one: bytes, a power of
   * two from 64 to 2^30, otherwise RangeError.
   */
  constructor(memory: SharedArrayBuffer | number) {
    if (typeof memory === 'number') assertCapacity(memory);
    this.memory = typeof memory === 'number' ? new SharedArrayBuffer(HEAD_BYTES + memory) : memory;
    this.words = new Int32Array(this.memory, 0, HEAD_BYTES / 4);
    this.bytes = new Uint8Array(this.memory, HEAD_BYTES);
    this.mask = this.bytes.length - 1;
  }

  /** Bytes that wait to be read. */
  get length(): number {
    // Both counters are modulo 2^32; their difference is exact, because the capacity is less.
    return (Atomics.load(this.words, WRITTEN) - Atomics.load(this.words, READ)) >>> 0;
  }

  /** For the writer: bytes that can be written now, in one piece or two. */
  get free(): number {
    return this.bytes.length - this.length;
  }

  /** Whether the writer has called `end` and everything was read. */
  get finished(): boolean {
    return Atomics.load(this.words, STATE) === ENDED && this.length === 0;
  }

  /** Whether the writer has called `end`; bytes may still wait. */
  get ended(): boolean {
    return Atomics.load(this.words, STATE) === ENDED;
  }

  /** Whether either side has called `abort`. */
  get aborted(): boolean {
    return Atomics.load(this.words, STATE) === ABORTED;
  }

  /** Copy in as much as fits; returns how many bytes were taken. */
  write(from: Uint8Array): number {
    let taken = 0;
    while (taken < from.length) {
      const room = this.room();
      if (room.length === 0) break;
      const part = from.subarray(taken, taken + room.length);
      room.set(part);
      this.commit(part.length);
      taken += part.length;
    }
    return taken;
  }

  /** Copy out the waiting bytes; returns how many. */
  read(into: Uint8Array): number {
    let count = 0;
    while (count < into.length) {
      const part = this.peek().subarray(0, into.length - count);
      if (part.length === 0) break;
      into.set(part, count);
      this.skip(part.length);
      count += part.length;
    }
    return count;
  }

  /** The writer has no more bytes. */
  end(): void {
    Atomics.compareExchange(this.words, STATE, OPEN, ENDED);
  }

  /** Abort the stream, which the other side sees in `aborted`. */
  abort(): void {
    Atomics.store(this.words, STATE, ABORTED);
  }

  /**
   * For the writer: free memory in one piece, to be filled from its start; `commit` then makes it readable.
   */
  room(): Uint8Array {
    const at = Atomics.load(this.words, WRITTEN) & this.mask;
    const free = this.bytes.length - this.length;
    return this.bytes.subarray(at, Math.min(at + free, this.bytes.length));
  }

  /** For the writer: the first `count` bytes of `room` are written. */
  commit(count: number): void {
    Atomics.add(this.words, WRITTEN, count);
  }

  /** For the reader: waiting bytes in one piece; the rest comes after `skip`. */
  peek(): Uint8Array {
    const at = Atomics.load(this.words, READ) & this.mask;
    return this.bytes.subarray(at, Math.min(at + this.length, this.bytes.length));
  }

  /** For the reader: the first `count` bytes of `peek` have been read. */
  skip(count: number): void {
    Atomics.add(this.words, READ, count);
  }
}

function assertCapacity(capacity: number): void {
  const isPower = Number.isInteger(Math.log2(capacity));
  if (!isPower || capacity < 64 || capacity > 2 ** 30)
    throw new RangeError(`a ring of ${capacity} bytes: must be a power of two from 64 to 2^30`);
}

/** One cache line for each counter, so that writer and reader do not share one. */
const HEAD_BYTES = 192;
const WRITTEN = 0;
const READ = 16;
const STATE = 32;
const OPEN = 0;
const ENDED = 1;
const ABORTED = 2;

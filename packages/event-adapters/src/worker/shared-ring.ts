/**
 * A stream of bytes between two threads, in shared memory: one thread writes, one reads, neither ever waits. The
 * ring's capacity is the back-pressure: a full ring takes nothing until the reader has made room.
 *
 * A ring does not tell the other thread that something changed; `wakeUp` does.
 */
export class SharedRing {
  /** For the other thread: pass it in `data` and wrap it there. */
  readonly memory: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly mask: number;

  /**
   * @param memory - of a ring in another thread, or the capacity of a new one: bytes, a power of two from 64 to
   *   2^30, otherwise RangeError.
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
    // Both count modulo 2^32; the capacity is less, so their difference is exact.
    return (Atomics.load(this.words, WRITTEN) - Atomics.load(this.words, READ)) >>> 0;
  }

  /** Whether the writer has called `end` and everything was read. */
  get finished(): boolean {
    return Atomics.load(this.words, STATE) === ENDED && this.length === 0;
  }

  /** Whether the writer has called `end`; bytes may wait still. */
  get ended(): boolean {
    return Atomics.load(this.words, STATE) === ENDED;
  }

  /** Whether either side gave up. */
  get aborted(): boolean {
    return Atomics.load(this.words, STATE) === ABORTED;
  }

  /** Copy in what fits; returns how many bytes were taken. */
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

  /** Copy out what is there; returns how many bytes. */
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

  /** Nothing more will be written. */
  end(): void {
    Atomics.compareExchange(this.words, STATE, OPEN, ENDED);
  }

  /** Give up: the other side sees `aborted`. */
  abort(): void {
    Atomics.store(this.words, STATE, ABORTED);
  }

  /** For the writer: free memory in one piece, to be filled from its start; `commit` then hands it over. */
  room(): Uint8Array {
    const at = Atomics.load(this.words, WRITTEN) & this.mask;
    const free = this.bytes.length - this.length;
    return this.bytes.subarray(at, Math.min(at + free, this.bytes.length));
  }

  /** For the writer: the first `count` bytes of `room` are written. */
  commit(count: number): void {
    Atomics.add(this.words, WRITTEN, count);
  }

  /** For the reader: what is there in one piece, the rest comes after `skip`. */
  peek(): Uint8Array {
    const at = Atomics.load(this.words, READ) & this.mask;
    return this.bytes.subarray(at, Math.min(at + this.length, this.bytes.length));
  }

  /** For the reader: the first `count` bytes of `peek` are done with. */
  skip(count: number): void {
    Atomics.add(this.words, READ, count);
  }
}

function assertCapacity(capacity: number): void {
  const isPower = Number.isInteger(Math.log2(capacity));
  if (!isPower || capacity < 64 || capacity > 2 ** 30)
    throw new RangeError(`a ring of ${capacity} bytes: must be a power of two from 64 to 2^30`);
}

/** A cache line for each word, so that writer and reader do not fight for one. */
const HEAD_BYTES = 192;
const WRITTEN = 0;
const READ = 16;
const STATE = 32;
const OPEN = 0;
const ENDED = 1;
const ABORTED = 2;

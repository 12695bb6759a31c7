/**
 * A flag in shared memory that merges many wake-ups into one message: the thread that raises it first sends
 * the message, and the receiver lowers it before it looks at shared memory, so that no change is missed.
 */
export class WakeSignal {
  readonly memory: SharedArrayBuffer;
  private readonly flag: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.memory = memory;
    this.flag = new Int32Array(memory);
  }

  /** Raise the flag; returns whether this call was the first since `lower`. */
  raise(): boolean {
    return Atomics.exchange(this.flag, 0, 1) === 0;
  }

  lower(): void {
    Atomics.store(this.flag, 0, 0);
  }
}

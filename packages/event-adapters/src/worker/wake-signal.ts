/**
 * A flag in shared memory that makes many wake-ups one message: who raises it first sends the message, who hears
 * the message lowers it before looking around, so that nothing is missed.
 */
export class WakeSignal {
  readonly memory: SharedArrayBuffer;
  private readonly flag: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.memory = memory;
    this.flag = new Int32Array(memory);
  }

  /** Whether this call was the first since `lower`. */
  raise(): boolean {
    return Atomics.exchange(this.flag, 0, 1) === 0;
  }

  lower(): void {
    Atomics.store(this.flag, 0, 0);
  }
}

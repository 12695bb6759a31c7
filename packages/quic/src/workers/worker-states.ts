/** What a worker does with datagrams: none, those of its connections and of new clients, those of its connections. */
export type WorkerState = 'absent' | 'active' | 'leaving';

const STATES: readonly WorkerState[] = ['absent', 'active', 'leaving'];
/** Workers are numbered from 0 to 254, so that a number and one more fit in a byte. */
export const MAX_WORKERS = 255;

/** The states of all workers, in memory that they share. */
export class WorkerStates {
  readonly memory: SharedArrayBuffer;
  private readonly bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(MAX_WORKERS)) {
    this.memory = memory;
    this.bytes = new Uint8Array(memory);
  }

  of(worker: number): WorkerState {
    return worker < 0 || worker >= MAX_WORKERS ? 'absent' : STATES[Atomics.load(this.bytes, worker)]!;
  }

  set(worker: number, state: WorkerState): void {
    Atomics.store(this.bytes, worker, STATES.indexOf(state));
  }

  /**
   * An active worker, the same one for the same number while none comes or goes; a leaving one, which tells clients that
   * it takes none, when there is no other; -1 when there is none at all.
   */
  choose(number: number): number {
    for (const state of ['active', 'leaving'] as const) {
      const found: number[] = [];
      for (let worker = 0; worker < MAX_WORKERS; worker++) if (this.of(worker) === state) found.push(worker);
      if (found.length > 0) return found[number % found.length]!;
    }
    return -1;
  }
}

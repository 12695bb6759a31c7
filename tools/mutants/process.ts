import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Job, Report } from './runner.ts';

/** Bound on the heap of a test: a mutant that exceeds it is dead. */
const HEAP_MIB = 2000;
/** A process without output for so long is taken to hang, together with its watchdog. */
const SILENCE_MS = 900_000;

/** The state that the woven code reads. */
export interface State {
  /** Number of the active mutant, -1 for none. */
  readonly mutant: number;
  /** Number of observed places. */
  readonly places: number;
}

/**
 * Run one job in a process of its own, and call `onReport` for each line of its output. Resolves when the
 * process ends.
 */
export function runProcess(
  runner: string,
  job: Job,
  state: State,
  onReport: (report: Report) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--expose-gc', '--no-warnings', `--max-old-space-size=${HEAP_MIB}`, runner, JSON.stringify(job)],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
        env: { ...process.env, TSQUIC_MUTANT: String(state.mutant), TSQUIC_PLACES: String(state.places) },
      },
    );
    let timer = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
    const lines = createInterface({ input: child.stdio[3] as Readable });
    lines.on('line', (line) => {
      clearTimeout(timer);
      timer = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
      onReport(JSON.parse(line) as Report);
    });
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Do `work` on each item, `lanes` at a time, in the order given, and begin none once `isOver` says so. */
export async function inLanes<Item>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item, index: number) => Promise<void>,
  isOver: () => boolean = () => false,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && !isOver()) {
      const index = next++;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

import { medianBy } from '../benchmark.ts';
import type { Trial } from './trial.ts';
import type { Work } from './works.ts';

/** What a stack came to in all rounds of a work. */
export interface Result {
  readonly stack: string;
  readonly work: string;
  readonly trials: readonly Trial[];
  /** Why there are no trials, or fewer. */
  readonly failure: string;
}

/** A result in figures. */
export interface Figures {
  /** In the work's unit. */
  readonly median: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Milliseconds of processor time of both sides, for each MB, request, handshake or connection. */
  readonly cpuMs: number;
  readonly clientCpuMs: number;
  readonly serverCpuMs: number;
  /** KiB of resident memory of both sides that each of `done` added. */
  readonly kibEach: number;
}

/** The figures of a result's trials, of which there is one at least; memory and processor time are those of the median. */
export function figuresOf({ trials }: Result, work: Work): Figures {
  const rate = ({ seconds, done }: Trial): number => (done * work.scale) / seconds;
  const rates = trials.map(rate);
  const middle = medianBy(trials, rate);
  const units = work.unit === 'Mbit/s' ? middle.done / 1e6 : middle.done;
  return {
    median: rate(middle),
    minimum: Math.min(...rates),
    maximum: Math.max(...rates),
    cpuMs: (middle.clientCpuMs + middle.serverCpuMs) / units,
    clientCpuMs: middle.clientCpuMs / units,
    serverCpuMs: middle.serverCpuMs / units,
    kibEach: (middle.clientRssBytes + middle.serverRssBytes) / 1024 / middle.done,
  };
}

/** Rows for `formatTable`: heads, then a stack each, with its ratio to the first stack that has figures. */
export function tableOf(work: Work, results: readonly Result[]): string[][] {
  const each = work.unit === 'Mbit/s' ? 'MB' : 'each';
  const isIdle = work.name === 'idle';
  const heads = [work.name, work.unit, 'least', 'most', 'ratio', `CPU ms/${each}`, 'client', 'server'];
  const first = results.find(({ trials }) => trials.length > 0);
  const base = first === undefined ? 1 : figuresOf(first, work).median;
  const rows = results.map((result) => {
    if (result.trials.length === 0)
      return [result.stack, '-', '-', '-', '-', '-', '-', '-', ...(isIdle ? ['-'] : [])];
    const figures = figuresOf(result, work);
    const cells = [figures.median, figures.minimum, figures.maximum].map((value) => value.toFixed(0));
    const costs = [figures.cpuMs, figures.clientCpuMs, figures.serverCpuMs].map((value) => value.toFixed(2));
    const memory = isIdle ? [figures.kibEach.toFixed(0)] : [];
    return [result.stack, ...cells, (figures.median / base).toFixed(2), ...costs, ...memory];
  });
  return [[...heads, ...(isIdle ? ['KiB each'] : [])], ...rows];
}

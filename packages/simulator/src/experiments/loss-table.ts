import type { Scenario } from '../scenario.ts';
import { runScenario, type ScenarioRunOptions } from '../scenario-run.ts';
import { type Summary, summarize } from '../sample.ts';

/** Ceilings of one row, virtual milliseconds. */
export interface LossCeiling {
  readonly direction: 'both' | 'down';
  readonly percent: number;
  readonly failures: number;
  readonly mean: number;
  readonly median: number;
  readonly p90: number;
}

/** One row of the table, measured. */
export interface LossRow {
  readonly ceiling: LossCeiling;
  readonly failures: number;
  /** Times of the runs that did not fail, virtual milliseconds. */
  readonly times: Summary;
  /** Seeds whose run broke an invariant, or ended in another way than by a timeout. */
  readonly faultySeeds: readonly number[];
  readonly faults: readonly string[];
  readonly passed: boolean;
}

/** Ceilings for one handshake and one request over 10 ms of one-way delay, by share of loss. */
export const LOSS_CEILINGS: readonly LossCeiling[] = [
  { direction: 'both', percent: 75, failures: 18, mean: 223_090, median: 84_162, p90: 633_710 },
  { direction: 'both', percent: 50, failures: 0, mean: 5713, median: 1175, p90: 9269 },
  { direction: 'both', percent: 25, failures: 0, mean: 285, median: 284, p90: 478 },
  { direction: 'both', percent: 10, failures: 0, mean: 137, median: 80, p90: 230 },
  { direction: 'both', percent: 5, failures: 0, mean: 110, median: 80, p90: 190 },
  { direction: 'both', percent: 2.5, failures: 0, mean: 97, median: 80, p90: 190 },
  { direction: 'both', percent: 1.6, failures: 0, mean: 91, median: 80, p90: 80 },
  { direction: 'down', percent: 75, failures: 3, mean: 17_227, median: 3280, p90: 12_824 },
  { direction: 'down', percent: 50, failures: 0, mean: 1104, median: 484, p90: 1526 },
  { direction: 'down', percent: 25, failures: 0, mean: 244, median: 230, p90: 408 },
  { direction: 'down', percent: 10, failures: 0, mean: 142, median: 80, p90: 298 },
  { direction: 'down', percent: 5, failures: 0, mean: 118, median: 80, p90: 230 },
  { direction: 'down', percent: 2.5, failures: 0, mean: 103, median: 80, p90: 190 },
  { direction: 'down', percent: 1.6, failures: 0, mean: 91.1, median: 80, p90: 80 },
];

/** The scenario of one row. */
export function lossScenario({ direction, percent }: LossCeiling): Scenario {
  const loss = { kind: 'random', rate: percent / 100 } as const;
  // The ceilings come from a stack that starts with this estimate and gives up only after a long time.
  const patient = { initialRttUs: 66_000, idleTimeoutMs: 0, handshakeTimeoutMs: HOUR_US / 1000 };
  return {
    name: `loss-${direction}-${percent}`,
    about: `${percent} % lost, ${direction === 'both' ? 'both directions' : 'server to client only'}`,
    link: { delayUs: 10_000 },
    down: { loss },
    ...(direction === 'both' && { up: { loss } }),
    client: patient,
    server: patient,
    exchanges: [{ requestBytes: 16, responseBytes: 1000 }],
    ceilingUs: HOUR_US,
  };
}

/** Run one row with seeds 1 to `seeds`. */
export function runLossRow(
  ceiling: LossCeiling,
  seeds: number,
  options: Omit<ScenarioRunOptions, 'seed'>,
): LossRow {
  const scenario = lossScenario(ceiling);
  const times: number[] = [];
  const faultySeeds: number[] = [];
  const faults: string[] = [];
  let failures = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const result = runScenario(scenario, { ...options, seed });
    if (result.tookUs < HOUR_US) times.push(result.tookUs / 1000);
    else failures++;
    const real = result.faults.filter((fault) => !isLackOfTime(fault));
    if (real.length === 0) continue;
    faultySeeds.push(seed);
    faults.push(`seed ${seed}: ${real[0]}`);
  }
  const summary = summarize(times);
  const passed =
    faultySeeds.length === 0 &&
    failures <= ceiling.failures &&
    summary.mean <= ceiling.mean &&
    summary.median <= ceiling.median &&
    summary.p90 <= ceiling.p90;
  return { ceiling, failures, times: summary, faultySeeds, faults, passed };
}

/** With three quarters lost, some runs may time out, and a CONNECTION_CLOSE may be lost too. */
function isLackOfTime(fault: string): boolean {
  return fault.startsWith('not done within') || fault.startsWith('a side never closed');
}

const HOUR_US = 3_600_000_000;

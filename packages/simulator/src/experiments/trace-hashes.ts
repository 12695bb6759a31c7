import type { Scenario } from '../scenario.ts';
import { runScenario, type ScenarioRunOptions } from '../scenario-run.ts';
import { scenarioByName } from '../scenarios.ts';
import { createTraceHash } from '../trace-hash.ts';

/** One scenario whose trace must be the same on every runtime. */
export interface HashedScenario {
  readonly name: string;
  readonly datagrams: number;
  /** Hash of the trace, hexadecimal. */
  readonly sha256: string;
  /** Empty when the run passed. */
  readonly faults: readonly string[];
}

/**
 * Short scenarios that run most of the code: every controller, queue and impairment, addresses that change.
 */
const HASHED: readonly (readonly [name: string, congestion?: string])[] = [
  ['retry'],
  ['large-flight'],
  ['loss-5', 'newreno'],
  ['bursts', 'cubic'],
  ['jitter', 'bbr'],
  ['codel', 'cubic'],
  ['dual-queue', 'prague'],
  ['everything-at-once'],
  ['nat-address'],
  ['attack-spoof'],
];

/** Run a fixed set of scenarios with one seed, and hash the datagrams on their links. */
export function runTraceHashes(options: ScenarioRunOptions): HashedScenario[] {
  return HASHED.map(([name, congestion]) => {
    const scenario: Scenario = {
      ...scenarioByName(name)!,
      ...(congestion !== undefined && { congestion }),
      // Only the trace is compared, and not the time.
      ceilingUs: CEILING_US,
    };
    const trace = createTraceHash(options.createCrypto((out) => void out.fill(0)));
    const { faults } = runScenario(scenario, { ...options, observers: [trace] });
    const label = congestion === undefined ? name : `${name}, ${congestion}`;
    return { name: label, datagrams: trace.datagrams, sha256: trace.hex(), faults };
  });
}

const CEILING_US = 60_000_000;

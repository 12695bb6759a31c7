import {
  CONFORMANCE_SCENARIOS,
  LARGE_SCENARIOS,
  MULTIPATH_SCENARIOS,
  OUT_OF_REACH_SCENARIOS,
  runScenario,
  SCENARIOS,
} from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import { createSurroundings } from '../surroundings.ts';
import { milliseconds } from '../table.ts';
import { runAll } from './scenario.ts';

/** Every scenario against its completion ceiling; with `--large` the large transfers of every controller too. */
export function ceilingsCommand(args: Arguments): Outcome {
  const outcome = runAll(
    [...SCENARIOS, ...MULTIPATH_SCENARIOS, ...(args.large ? LARGE_SCENARIOS : CONFORMANCE_SCENARIOS)],
    args,
  );
  const surroundings = createSurroundings(args.crypto);
  const missed = OUT_OF_REACH_SCENARIOS.map((scenario) => {
    const { tookUs } = runScenario(
      { ...scenario, ceilingUs: PATIENCE_US },
      { ...surroundings, seed: args.seed ?? 1 },
    );
    const took = `${milliseconds(tookUs)} of ${milliseconds(scenario.ceilingUs)} ms`;
    args.say(`miss ${scenario.name.padEnd(24)} ${took.padStart(24)}  not counted: ${scenario.about}`);
    return { name: scenario.name, tookUs, ceilingUs: scenario.ceilingUs };
  });
  return { ...outcome, results: { scenarios: outcome.results, outOfReach: missed } };
}

/** How long a transfer may take that is only looked at. */
const PATIENCE_US = 7200 * 1_000_000;

import { createRandomScenario, runScenario } from '@tsquic/simulator';
import type { Arguments, Tally } from '../arguments.ts';
import { createSurroundings } from '../surroundings.ts';
import { printFaults } from './scenario.ts';

/** Scenarios made up by their seeds, each with every invariant watched. */
export function randomCommand(args: Arguments): Tally {
  const surroundings = createSurroundings(args.crypto);
  const first = args.seed ?? 1;
  const count = args.seeds ?? 100;
  let failed = 0;
  console.log(`seeds ${first} to ${first + count - 1}`);
  for (let seed = first; seed < first + count; seed++) {
    const result = runScenario(createRandomScenario(seed), { ...surroundings, seed });
    if (result.faults.length === 0) continue;
    failed++;
    console.log(`FAIL seed ${seed}`);
    printFaults(result);
  }
  return { passed: count - failed, failed };
}

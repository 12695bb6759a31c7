import { CONFORMANCE_SCENARIOS, LARGE_SCENARIOS, SCENARIOS } from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import { runAll } from './scenario.ts';

/** Every scenario against its completion ceiling; with `--large` the large transfers of every controller too. */
export function ceilingsCommand(args: Arguments): Outcome {
  return runAll([...SCENARIOS, ...(args.large ? LARGE_SCENARIOS : CONFORMANCE_SCENARIOS)], args);
}

import { LARGE_SCENARIOS, SCENARIOS } from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import { runAll } from './scenario.ts';

/** Every scenario against its completion ceiling; with `--large` the large transfers too. */
export function ceilingsCommand(args: Arguments): Outcome {
  return runAll(args.large ? [...SCENARIOS, ...LARGE_SCENARIOS] : SCENARIOS, args);
}

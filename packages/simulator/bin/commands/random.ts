import type { Arguments, Outcome } from '../arguments.ts';
import { seedRanges } from '../jobs.ts';
import { createProgress, runInLanes } from '../lanes.ts';

/** Scenarios made up by their seeds, each with every invariant watched. */
export async function randomCommand(args: Arguments): Promise<Outcome> {
  const first = args.seed ?? 1;
  const count = args.seeds ?? (args.seed === undefined ? 100 : 1);
  args.say(`seeds ${first} to ${first + count - 1}`);
  const progress = createProgress(count, 'seeds');
  let tried = 0;
  const ranges = seedRanges(first, count, 25);
  const results = await runInLanes('random', ranges, args, ({ seeds, failures }) => {
    progress((tried += seeds));
    for (const { seed, faults, drawn } of failures) {
      args.say(`FAIL seed ${seed}`);
      for (const fault of faults) args.say(`     ${fault}`);
      args.say(`     drawn: ${drawn}`);
      args.say(`     repeat: pnpm sim random --seed ${seed}, or with charts: pnpm sim random-${seed}`);
    }
  });
  const failures = results.flatMap((result) => result.failures);
  args.say(`${tried} tried, ${failures.length} failed, seeds ${first} to ${first + count - 1}`);
  return { passed: count - failures.length, failed: failures.length, results: { first, count, failures } };
}

import type { Arguments, Outcome } from '../arguments.ts';
import { createProgress, runInLanes } from '../lanes.ts';
import { STALLS } from '../stalls.ts';

/** Busy loops, reordering, suspension and rebinding: a line each, figure beside ceiling. */
export async function stallsCommand(args: Arguments): Promise<Outcome> {
  const seed = args.seed ?? 1;
  args.say(`seed ${seed}; 100 Mbit/s, 40 ms, reordering over 100 ms, a queue of one bandwidth-delay product`);
  const inputs = STALLS.map((_, index) => ({ index, seed }));
  const progress = createProgress(inputs.length, 'stalls');
  const results = await runInLanes('stall', inputs, args, ({ name, figures, passed }, done) => {
    progress(done);
    args.say(`${passed ? 'ok  ' : 'FAIL'} ${name.padEnd(50)} ${figures}`);
  });
  const passed = results.filter((result) => result.passed).length;
  return { passed, failed: results.length - passed, results };
}

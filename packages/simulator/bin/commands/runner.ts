import { RUNNER_CASES } from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import type { RunnerVerdict } from '../jobs/runner.ts';
import { createProgress, runInLanes } from '../lanes.ts';
import { milliseconds } from '../table.ts';

/** The cases of quic-interop-runner between two contexts: a line each. */
export async function runnerCommand(args: Arguments): Promise<Outcome> {
  const seed = args.seed ?? 1;
  args.say(`seed ${seed}; 10 Mbit/s, 15 ms each way, a queue of 25 datagrams`);
  const inputs = RUNNER_CASES.map((_, index) => ({ index, seed, directory: args.pcap }));
  const progress = createProgress(inputs.length, 'cases');
  const results = await runInLanes('runner', inputs, args, (verdict, done) => {
    progress(done);
    args.say(lineOf(verdict));
  });
  const run = results.filter((verdict) => 'faults' in verdict);
  const passed = run.filter(({ faults }) => faults.length === 0).length;
  return { passed, failed: run.length - passed, notApplicable: results.length - run.length, results };
}

function lineOf(verdict: RunnerVerdict): string {
  const name = verdict.name.padEnd(NAME_WIDTH);
  if ('notApplicable' in verdict) return `n/a  ${name} ${verdict.notApplicable}`;
  const { faults, bytes, tookUs, handshakes, lost, corrupted, figure } = verdict;
  const figures = [
    `${milliseconds(tookUs)} ms`,
    ...(bytes >= LARGE_BYTES ? [`${((bytes * 8) / tookUs).toFixed(2)} Mbit/s`] : []),
    `${handshakes} ${handshakes === 1 ? 'handshake' : 'handshakes'}`,
    ...(lost > 0 ? [`${lost} lost`] : []),
    ...(corrupted > 0 ? [`${corrupted} corrupted`] : []),
    ...(figure === '' ? [] : [figure]),
    ...faults.slice(0, 3),
  ];
  return `${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name} ${figures.join(', ')}`;
}

const NAME_WIDTH = 20;
/** From here on, the rate says more than the time. */
const LARGE_BYTES = 2 ** 20;

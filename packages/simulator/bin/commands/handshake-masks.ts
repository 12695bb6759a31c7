import { describeMask, MASK_FLIGHTS, type MaskReport, MASKS } from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import { createProgress, runInLanes } from '../lanes.ts';

/** Every way to lose some of the first six datagrams of either side, for each kind of first flights. */
export async function handshakeMasksCommand(args: Arguments): Promise<Outcome> {
  const seed = args.seed ?? 1;
  const count = args.seeds ?? MASKS;
  args.say(`seed ${seed}`);
  const jobs = MASK_FLIGHTS.map((flight) => ({ flight, count, seed }));
  const progress = createProgress(jobs.length, 'flights');
  const reports = await runInLanes('masks', jobs, args, (report, done) => {
    progress(done);
    args.say(lineOf(report));
    for (const fault of report.faults.slice(0, 5)) args.say(`     ${fault}`);
  });
  const runs = reports.reduce((sum, report) => sum + report.runs, 0);
  const failed = reports.reduce((sum, report) => sum + report.failedMasks.length, 0);
  args.say(`${MASK_FLIGHTS.length} flights, ${runs} masks tried, ${failed} failed`);
  return { passed: runs - failed, failed, results: { seed, reports } };
}

function lineOf({ flight, runs, failedMasks, times, slowestMask }: MaskReport): string {
  const figures = `mean ${times.mean.toFixed(0)} ms, median ${times.median.toFixed(0)}, p90 ${times.p90.toFixed(0)}`;
  const slowest = `slowest ${times.max.toFixed(0)} ms (mask ${slowestMask}: ${describeMask(slowestMask)})`;
  return `${flight} flight: ${runs} masks, ${failedMasks.length} failed, ${figures}, ${slowest}`;
}

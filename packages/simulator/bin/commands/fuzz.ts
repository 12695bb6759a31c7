import type { Arguments, Outcome } from '../arguments.ts';
import { seedRanges } from '../jobs.ts';
import type { FuzzReport } from '../jobs/fuzz.ts';
import { createProgress, runInLanes } from '../lanes.ts';
import { drawTable } from '../table.ts';

/** An honest side against packets changed before encryption: tried, failed, and how connections ended. */
export async function fuzzCommand(args: Arguments): Promise<Outcome> {
  const first = args.seed ?? 1;
  const count = args.seeds ?? (args.seed === undefined ? 2000 : 1);
  args.say(`seeds ${first} to ${first + count - 1}`);
  const progress = createProgress(count, 'seeds');
  let tried = 0;
  const reports = await runInLanes('fuzz', seedRanges(first, count, 100), args, (report) => {
    progress((tried += report.seeds));
    for (const { seed, faults, drawn } of report.failures) {
      args.say(`FAIL seed ${seed}`);
      for (const fault of faults) args.say(`     ${fault}`);
      args.say(`     drawn: ${drawn}`);
      args.say(`     repeat: pnpm sim fuzz --seed ${seed}`);
    }
  });
  const failures = reports.flatMap((report) => report.failures);
  const sum = (of: (report: FuzzReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const [changed, unchanged] = [sum((report) => report.changed), sum((report) => report.unchanged)];
  const ends = sumEnds(reports);
  args.say(drawTable([['how the honest side saw it end', 'server', 'client'], ...ends]));
  args.say(
    `${tried} tried, ${failures.length} failed, seeds ${first} to ${first + count - 1}; ` +
      `${changed} packets changed, none in ${unchanged} runs`,
  );
  return {
    passed: count - failures.length,
    failed: failures.length,
    results: { first, count, failures, changed, unchanged, ends },
  };
}

/** The most frequent first. */
function sumEnds(reports: readonly FuzzReport[]): [name: string, server: string, client: string][] {
  const names = new Set(
    reports.flatMap(({ ends }) => [...Object.keys(ends.server), ...Object.keys(ends.client)]),
  );
  const count = (name: string, side: 'server' | 'client'): number =>
    reports.reduce((total, { ends }) => total + (ends[side][name] ?? 0), 0);
  return [...names]
    .map((name) => ({ name, server: count(name, 'server'), client: count(name, 'client') }))
    .sort((a, b) => b.server + b.client - a.server - a.client)
    .map(({ name, server, client }) => [name, String(server), String(client)]);
}

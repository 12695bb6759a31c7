import { describeMask, MASKS, runHandshakeMasks } from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import { createProgress } from '../lanes.ts';
import { createSurroundings } from '../surroundings.ts';

/** Every way to lose some of the first six datagrams of either side, with a small and a large server flight. */
export function handshakeMasksCommand(args: Arguments): Outcome {
  const options = { ...createSurroundings(args.crypto), seed: args.seed ?? 1 };
  const masks = Array.from({ length: args.seeds ?? MASKS }, (_, mask) => mask);
  const reports = [];
  args.say(`seed ${options.seed}`);
  for (const flight of ['plain', 'large'] as const) {
    const report = runHandshakeMasks(flight, masks, options, createProgress(masks.length, 'masks'));
    const { times, slowestMask, failedMasks } = report;
    const figures = `mean ${times.mean.toFixed(0)} ms, median ${times.median.toFixed(0)}, p90 ${times.p90.toFixed(0)}`;
    const slowest = `slowest ${times.max.toFixed(0)} ms (mask ${slowestMask}: ${describeMask(slowestMask)})`;
    args.say(`${flight} flight: ${report.runs} masks, ${failedMasks.length} failed, ${figures}, ${slowest}`);
    for (const fault of report.faults.slice(0, 5)) args.say(`     ${fault}`);
    reports.push(report);
  }
  const runs = reports.reduce((sum, report) => sum + report.runs, 0);
  const failed = reports.reduce((sum, report) => sum + report.failedMasks.length, 0);
  return { passed: runs - failed, failed, results: { seed: options.seed, reports } };
}

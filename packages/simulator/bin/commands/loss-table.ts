import { LOSS_CEILINGS, type LossRow, runLossRow } from '@tsquic/simulator';
import type { Arguments, Tally } from '../arguments.ts';
import { createSurroundings } from '../surroundings.ts';

/** Handshake and request by share of loss, figures beside ceilings. */
export function lossTableCommand(args: Arguments): Tally {
  const surroundings = createSurroundings(args.crypto);
  const seeds = args.seeds ?? 100;
  console.log(`seeds 1 to ${seeds}; virtual milliseconds as figure / ceiling`);
  console.log(line(['', 'lost', 'failures', 'mean', 'median', 'p90', '']));
  let failed = 0;
  for (const ceiling of LOSS_CEILINGS) {
    const row = runLossRow(ceiling, seeds, surroundings);
    if (!row.passed) failed++;
    console.log(line(cells(row)));
    for (const fault of row.faults.slice(0, 3)) console.log(`     ${fault}`);
  }
  return { passed: LOSS_CEILINGS.length - failed, failed };
}

function cells({ ceiling, failures, times, passed }: LossRow): string[] {
  const figure = (value: number, limit: number): string =>
    `${value.toFixed(value < 1000 ? 1 : 0)} / ${limit}`;
  return [
    ceiling.direction,
    `${ceiling.percent} %`,
    `${failures} / ${ceiling.failures}`,
    figure(times.mean, ceiling.mean),
    figure(times.median, ceiling.median),
    figure(times.p90, ceiling.p90),
    passed ? 'ok' : 'FAIL',
  ];
}

function line(cells: readonly string[]): string {
  const widths = [5, 6, 9, 17, 16, 17, 5];
  return cells.map((cell, i) => cell.padStart(widths[i]!)).join(' ');
}

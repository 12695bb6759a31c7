import { LOSS_CEILINGS, type LossRow, runLossRow } from '@tsquic/simulator';
import type { Arguments, Outcome } from '../arguments.ts';
import { createSurroundings } from '../surroundings.ts';

/** Handshake and request by share of loss, figures beside ceilings. */
export function lossTableCommand(args: Arguments): Outcome {
  const surroundings = createSurroundings(args.crypto);
  const seeds = args.seeds ?? 100;
  args.say(`seeds 1 to ${seeds}; virtual milliseconds as figure / ceiling`);
  args.say(line(['', 'lost', 'failures', 'mean', 'median', 'p90', '']));
  const rows: LossRow[] = [];
  for (const ceiling of LOSS_CEILINGS) {
    const row = runLossRow(ceiling, seeds, surroundings);
    rows.push(row);
    args.say(line(cells(row)));
    for (const fault of row.faults.slice(0, 3)) args.say(`     ${fault}`);
  }
  const passed = rows.filter((row) => row.passed).length;
  return { passed, failed: rows.length - passed, results: { seeds, rows } };
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

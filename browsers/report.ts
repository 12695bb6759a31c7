import { CASES, type CaseName, type Outcome, type PageAnswer } from './cases.ts';

/** One field of the table. */
export interface Cell {
  readonly browser: string;
  readonly case: CaseName;
  readonly outcome: Outcome | 'not installed';
  /** Why, in one line; '' for what passed. */
  readonly reason: string;
  /** How long it took each time. */
  readonly milliseconds: readonly number[];
  /** The directory with logs; relative to the repository. */
  readonly log: string;
}

/** How a case went in one turn, and where that left its logs. */
export type Turn = PageAnswer & { readonly log: string };

/** The field of a case that was run once or more: it passes when it always did. */
export function cellOf(browser: string, testCase: CaseName, turns: readonly Turn[]): Cell {
  const misses = turns.filter(({ outcome }) => outcome === 'failed');
  const worst = misses[0] ?? turns.find(({ outcome }) => outcome !== 'passed');
  const { outcome, reason, log } = worst ?? PASSED;
  const often = misses.length > 0 && turns.length > 1 ? `${misses.length} of ${turns.length} times: ` : '';
  const milliseconds = turns.map((turn) => turn.milliseconds);
  return { browser, case: testCase, outcome, reason: `${often}${reason}`, milliseconds, log };
}

const PASSED = { outcome: 'passed', reason: '', log: '' } as const;

/** What a run found out. */
export interface Report {
  readonly browsers: readonly { readonly name: string; readonly version: string; readonly failure: string }[];
  readonly cases: readonly CaseName[];
  readonly repeat: number;
  readonly cells: readonly Cell[];
}

/** The totals in one line. */
export function totalsText({ cells }: Pick<Report, 'cells'>): string {
  const count = (outcome: Cell['outcome']): number => cells.filter((cell) => cell.outcome === outcome).length;
  const absent = count('not installed') === 0 ? '' : `, ${count('not installed')} not installed`;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('unsupported')} unsupported${absent}`;
}

/** The table, the reasons behind what has not passed, and the totals as the last line. */
export function reportText(report: Report): string {
  const lines = [table(report)];
  for (const outcome of ['failed', 'unsupported'] as const) {
    const cells = report.cells.filter((cell) => cell.outcome === outcome);
    if (cells.length > 0) lines.push('', `${outcome[0]!.toUpperCase()}${outcome.slice(1)}:`);
    for (const cell of cells) {
      const place = outcome === 'failed' ? `  (${cell.log})` : '';
      lines.push(`  ${cell.browser}, ${cell.case}: ${cell.reason}${place}`);
    }
  }
  for (const { name, failure } of report.browsers)
    if (failure !== '') lines.push('', `${name} is not installed: ${failure}`);
  lines.push('', totalsText(report));
  return lines.join('\n');
}

/** The report as one JSON object. */
export function reportJson(report: Report): string {
  const counts = Object.fromEntries(
    (['passed', 'failed', 'unsupported', 'not installed'] as const).map((outcome) => [
      outcome === 'not installed' ? 'notInstalled' : outcome,
      report.cells.filter((cell) => cell.outcome === outcome).length,
    ]),
  );
  const { browsers, repeat, cells } = report;
  return JSON.stringify({ browsers, repeat, cells, ...counts });
}

const MARKS: Readonly<Record<Cell['outcome'], string>> = {
  passed: 'passed',
  failed: 'FAILED',
  unsupported: '-',
  'not installed': 'absent',
};

function table({ browsers, cases, cells, repeat }: Report): string {
  const rows = [
    ['case', ...browsers.map(({ name, version }) => `${name} ${version}`.trim()), ''],
    ...cases.map((name) => [
      name,
      ...browsers.map((browser) => {
        const cell = cells.find((one) => one.browser === browser.name && one.case === name);
        return cell === undefined ? '' : markOf(cell);
      }),
      CASES[name],
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const times = repeat === 1 ? 'once' : `${repeat} times`;
  return [`Each case ${times}; - is what the browser cannot do.`, '', ...lines].join('\n');
}

function markOf({ outcome, milliseconds }: Cell): string {
  return outcome === 'passed' ? `passed, ${Math.max(...milliseconds)} ms` : MARKS[outcome];
}

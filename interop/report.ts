import type { Case } from './cases/case.ts';
import { goodputText } from './goodput-text.ts';
import type { Installed } from './installed.ts';
import { type Outcome, reasonOf, type Verdict } from './verdict.ts';

/** Which side the other implementation takes. */
export type Role = 'client' | 'server';

/** One cell of the matrix. */
export interface Cell {
  readonly peer: string;
  /** The peer's role: as `server` our client runs against it. */
  readonly role: Role;
  readonly testCase: string;
  readonly verdict: Verdict;
  /** What was measured each time, kbit/s. */
  readonly goodputs: readonly number[];
  readonly seconds: number;
  /** The directory with logs and captures; relative to the repository. */
  readonly log: string;
}

/** Everything a run found out. */
export interface Report {
  readonly against: Installed;
  readonly peers: readonly Installed[];
  readonly cases: readonly Case[];
  readonly cells: readonly Cell[];
  readonly seed: number;
  /** Who has judged the captures, or why nobody has; '' where no case asked for it. */
  readonly judge: string;
}

/** Counts of the cells. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
  readonly notInstalled: number;
}

/** How many cells had which outcome. */
export function totals({ cells }: Pick<Report, 'cells'>): Totals {
  const count = (outcome: Outcome): number =>
    cells.filter(({ verdict }) => verdict.outcome === outcome).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    unsupported: count('unsupported'),
    notInstalled: count('not installed'),
  };
}

/** The totals in one line. */
export function totalsText(report: Pick<Report, 'cells'>): string {
  const { passed, failed, unsupported, notInstalled } = totals(report);
  const absent = notInstalled === 0 ? '' : `, ${notInstalled} not installed`;
  return `${passed} passed, ${failed} failed, ${unsupported} unsupported${absent}`;
}

/** The matrix, the reasons behind what has not passed, and the totals as the last line. */
export function reportText(report: Report): string {
  const lines = [matrix(report)];
  for (const outcome of ['failed', 'unsupported', 'not installed'] as const) {
    const cells = report.cells.filter(({ verdict }) => verdict.outcome === outcome);
    if (cells.length > 0) lines.push('', `${outcome[0]!.toUpperCase()}${outcome.slice(1)}:`);
    for (const cell of cells) {
      const place = outcome === 'failed' ? `  (${cell.log})` : '';
      lines.push(`  ${cell.peer} as ${cell.role}, ${cell.testCase}: ${reasonOf(cell.verdict)}${place}`);
    }
  }
  lines.push('', totalsText(report));
  return lines.join('\n');
}

/** The report as one JSON object. */
export function reportJson(report: Report): string {
  const about = ({ peer, version, failure }: Installed): Record<string, string> => ({
    name: peer.name,
    about: peer.about,
    version,
    ...(failure === '' ? {} : { failure }),
  });
  return JSON.stringify({
    against: about(report.against),
    seed: report.seed,
    judge: report.judge,
    peers: report.peers.map(about),
    cells: report.cells.map(({ verdict, testCase, ...cell }) => ({ ...cell, case: testCase, ...verdict })),
    ...totals(report),
  });
}

const MARKS: Readonly<Record<Outcome, string>> = {
  passed: 'passed',
  failed: 'FAILED',
  unsupported: '-',
  'not installed': 'absent',
};

/** What the matrix says of a cell. */
function markOf({ verdict, goodputs }: Cell): string {
  const isMeasured = verdict.outcome === 'passed' && goodputs.length > 0;
  return isMeasured ? goodputText(goodputs) : MARKS[verdict.outcome];
}

/** The roles in which a peer has cells, as server first. */
export function rolesOf({ cells }: Pick<Report, 'cells'>, peer: string): Role[] {
  const own = cells.filter((cell) => cell.peer === peer);
  return (['server', 'client'] as const).filter((role) => own.some((cell) => cell.role === role));
}

function matrix(report: Report): string {
  const { against, peers, cases, cells, judge } = report;
  const columns = peers.flatMap(({ peer }) =>
    rolesOf(report, peer.name).map((role) => ({ peer: peer.name, role })),
  );
  const rows = [
    ['', ...columns.map(({ peer }) => peer)],
    ['case', ...columns.map(({ role }) => role)],
    ...cases.map((testCase) => [
      testCase.name,
      ...columns.map(({ peer, role }) => {
        const cell = cells.find(
          (one) => one.peer === peer && one.role === role && one.testCase === testCase.name,
        );
        return cell === undefined ? '' : markOf(cell);
      }),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const ours = `${against.peer.name} ${against.version}`;
  const judged = judge === '' ? '' : `; ${judge}`;
  return [`Against ${ours}; the role is the peer's; - is unsupported${judged}.`, '', ...table].join('\n');
}

import type { Case } from './cases/case.ts';
import type { Peer } from './peer.ts';
import type { Verdict } from './trial.ts';

/** Which side the other implementation takes. */
export type Role = 'client' | 'server';

/** One cell of the matrix. */
export interface Cell {
  readonly peer: string;
  /** The peer's role: as `server` our client runs against it. */
  readonly role: Role;
  readonly testCase: string;
  readonly verdict: Verdict;
  readonly seconds: number;
  /** The directory with logs and capture; relative to the repository. */
  readonly log: string;
}

/** A peer as it was found or installed. */
export interface Installed {
  readonly peer: Peer;
  readonly version: string;
  /** Why it is not there, or ''. */
  readonly failure: string;
}

/** Everything a run found out. */
export interface Report {
  readonly against: Installed;
  readonly peers: readonly Installed[];
  readonly cases: readonly Case[];
  readonly cells: readonly Cell[];
}

/** Counts of the cells. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** How many cells passed, failed and were not applicable. */
export function totals({ cells }: Pick<Report, 'cells'>): Totals {
  const count = (outcome: Verdict['outcome']): number =>
    cells.filter(({ verdict }) => verdict.outcome === outcome).length;
  return { passed: count('ok'), failed: count('FAIL'), skipped: count('n/a') };
}

/** The verdict in one line. */
export function verdictText(verdict: Verdict): string {
  if (verdict.outcome === 'ok') return 'ok';
  const why = verdict.outcome === 'FAIL' ? verdict.complaints.join('; ') : verdict.reason;
  return `${verdict.outcome}: ${why}`;
}

/** The matrix, the reasons behind what is not `ok`, and the totals as the last line. */
export function reportText(report: Report): string {
  const lines = [matrix(report)];
  for (const outcome of ['FAIL', 'n/a'] as const) {
    const cells = report.cells.filter(({ verdict }) => verdict.outcome === outcome);
    if (cells.length > 0) lines.push('', outcome === 'FAIL' ? 'Failures:' : 'Not applicable:');
    for (const cell of cells) {
      const place = outcome === 'FAIL' ? `  (${cell.log})` : '';
      lines.push(`  ${cell.peer} as ${cell.role}, ${cell.testCase}: ${reason(cell.verdict)}${place}`);
    }
  }
  const { passed, failed, skipped } = totals(report);
  lines.push('', `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
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
    peers: report.peers.map(about),
    cells: report.cells.map(({ verdict, testCase, ...cell }) => ({ ...cell, case: testCase, ...verdict })),
    ...totals(report),
  });
}

function reason(verdict: Verdict): string {
  return verdictText(verdict).replace(/^\S+: /, '');
}

function matrix({ against, peers, cases, cells }: Report): string {
  const ours = `${against.peer.name} ${against.version}`;
  const rows = [['peer', 'role', ...cases.map((testCase) => testCase.name)]];
  for (const { peer, version } of peers) {
    for (const role of ['server', 'client'] as const) {
      const own = cells.filter((cell) => cell.peer === peer.name && cell.role === role);
      if (own.length === 0) continue;
      const outcomes = cases.map(
        ({ name }) => own.find((cell) => cell.testCase === name)?.verdict.outcome ?? '',
      );
      rows.push([`${peer.name} ${version}`.trim(), role, ...outcomes]);
    }
  }
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`Against ${ours}; the role is the peer's.`, '', ...table].join('\n');
}

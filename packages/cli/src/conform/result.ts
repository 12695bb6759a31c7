import type { Finding, LoggedPacket, Row, Verdict } from '@tsquic/conform';

/** What became of a row. */
export interface RowResult {
  readonly row: Row;
  readonly finding: Finding;
  readonly packets: readonly LoggedPacket[];
  readonly seconds: number;
}

/** How many rows ended each way. */
export function countVerdicts(results: readonly RowResult[]): Readonly<Record<Verdict, number>> {
  const count = (verdict: Verdict): number =>
    results.filter(({ finding }) => finding.verdict === verdict).length;
  return { pass: count('pass'), fail: count('fail'), 'cannot tell': count('cannot tell') };
}

/** The counts in a line. */
export function verdictLine(results: readonly RowResult[]): string {
  const counts = countVerdicts(results);
  return `${results.length} rows: ${counts.pass} pass, ${counts.fail} fail, ${counts['cannot tell']} cannot tell`;
}

import type { Row } from '@tsquic/conform';
import { oneLine } from '../failure.ts';
import { ladderLine } from '../packet-ladder.ts';
import { countVerdicts, type RowResult, verdictLine } from './result.ts';

/** The line of a row that has a verdict. */
export function resultLine({ row, finding }: RowResult): string {
  return oneLine(`${MARKS[finding.verdict]} ${row.name}  ${row.section}  ${finding.came}`);
}

/** A row that failed: what was sent, asked for and came, and the packets. */
export function failureLines({ row, finding, packets }: RowResult, columns: number): string[] {
  return [
    '',
    `✗ ${row.name}: ${row.section}${row.ids.length === 0 ? '' : `, ${row.ids.join(' ')}`} (${row.level})`,
    `  sent   ${row.sends}`,
    `  asked  ${row.asks}`,
    `  came   ${oneLine(finding.came)}`,
    ...packets.map((packet) => ladderLine(packet, columns)),
  ];
}

/** The line of `--list`. */
export function listLine({ name, level, section, sends, asks }: Row): string {
  return `${name}  ${section} ${level}  ${sends} → ${asks}`;
}

/** The object of `--json`. */
export function reportObject(results: readonly RowResult[], tested: string, seconds: number): object {
  const counts = countVerdicts(results);
  return {
    tested,
    seconds: Math.round(seconds * 1000) / 1000,
    counts: { pass: counts.pass, fail: counts.fail, cannotTell: counts['cannot tell'] },
    rows: results.map(({ row, finding, packets, seconds: taken }) => ({
      name: row.name,
      subject: row.subject,
      section: row.section,
      level: row.level,
      ids: row.ids,
      sends: row.sends,
      asks: row.asks,
      verdict: finding.verdict,
      came: finding.came,
      seconds: Math.round(taken * 1000) / 1000,
      ...(finding.verdict === 'pass' ? {} : { packets }),
    })),
  };
}

/** The last line. */
export function summaryText(results: readonly RowResult[], seconds: number): string {
  return `${verdictLine(results)} (${seconds.toFixed(1)} s)`;
}

const MARKS = { pass: '✓', fail: '✗', 'cannot tell': '?' } as const;

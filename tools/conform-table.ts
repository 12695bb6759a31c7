/**
 * pnpm conform-table NAME=FILE…: the results of `tsquic conform --json` for several peers as a table of Markdown, with the
 * rows that not all of them pass. docs/conform.md has one for servers and one for clients.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What the table needs of a report. */
export interface ConformReport {
  readonly counts: { readonly pass: number; readonly fail: number; readonly cannotTell: number };
  readonly rows: readonly {
    readonly name: string;
    readonly section: string;
    readonly level: string;
    readonly verdict: string;
  }[];
}

/** The lines of the table. Rows that a report lacks stay empty. */
export function conformTable(reports: ReadonlyMap<string, ConformReport>): string[] {
  const names = [...reports.keys()];
  const [first] = reports.values();
  const rows = (first?.rows ?? []).map((row) => ({
    ...row,
    marks: names.map((name) => markOf(reports.get(name)!, row.name)),
  }));
  const told = rows.filter(({ marks }) => marks.some((mark) => mark !== MARKS['pass']));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['row', 'section', '', ...names]),
    `|${'---|'.repeat(names.length + 3)}`,
    ...told.map(({ name, section, level, marks }) => line([`\`${name}\``, section, level, ...marks])),
    line([`${rows.length - told.length} other rows`, '', '', ...names.map(() => MARKS['pass'] ?? '')]),
    line([
      'pass / fail / cannot tell',
      '',
      '',
      ...[...reports.values()].map(({ counts }) => `${counts.pass} / ${counts.fail} / ${counts.cannotTell}`),
    ]),
  ];
}

function markOf(report: ConformReport, name: string): string {
  const verdict = report.rows.find((row) => row.name === name)?.verdict ?? '';
  return MARKS[verdict] ?? '';
}

const MARKS: Readonly<Record<string, string>> = { pass: '✓', fail: '✗', 'cannot tell': '?' };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reports = process.argv.slice(2).map((word) => {
    const [name = '', file = ''] = word.split('=');
    return [name, JSON.parse(readFileSync(file, 'utf8')) as ConformReport] as const;
  });
  console.log(conformTable(new Map(reports)).join('\n'));
}

/** What a benchmark found. */
export interface Findings {
  readonly title: string;
  /** First row: heads. */
  readonly table: readonly (readonly string[])[];
  readonly checks: readonly Check[];
  /** For `--json`. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** A target, and whether it was met. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
}

/** The middle one of some runs, by one of their figures. */
export function medianBy<T>(runs: readonly T[], figure: (run: T) => number): T {
  const sorted = [...runs].sort((a, b) => figure(a) - figure(b));
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('no runs');
  return middle;
}

/** Columns as wide as their widest cell; the first aligned left, the others right. */
export function formatTable(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  return table
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}

/** Rows as aligned columns: the first to the left, the others to the right. */
export function drawTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .join('\n');
}

/** Virtual microseconds as milliseconds. */
export function milliseconds(us: number): string {
  return (us / 1000).toFixed(us < 10_000_000 ? 1 : 0);
}

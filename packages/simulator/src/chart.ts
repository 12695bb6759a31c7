/** One curve: points in order of time. */
export interface Series {
  /** One character that draws it. */
  readonly mark: string;
  readonly label: string;
  readonly points: readonly { readonly atUs: number; readonly value: number }[];
}

/** Layout of a chart. */
export interface ChartOptions {
  readonly title: string;
  /** Columns and rows of the plot itself. Default 72 by 14. */
  readonly columns?: number;
  readonly rows?: number;
  /** Formats the values at the axis. */
  readonly format: (value: number) => string;
}

/** Curves over time as lines of text. Later series are drawn over earlier ones. */
export function drawChart(series: readonly Series[], options: ChartOptions): string {
  const { title, columns = 72, rows = 14, format } = options;
  let endUs = 1;
  let top = 1;
  for (const { points } of series) {
    for (const { atUs, value } of points) {
      endUs = Math.max(endUs, atUs);
      top = Math.max(top, value);
    }
  }
  const cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => ' '));
  for (const { mark, points } of series) {
    for (const { atUs, value } of points) {
      const column = Math.min(columns - 1, Math.floor((atUs / endUs) * columns));
      const row = rows - 1 - Math.min(rows - 1, Math.floor((value / top) * rows));
      cells[row]![column] = mark;
    }
  }
  const margin = Math.max(format(top).length, format(top / 2).length);
  const axis = (row: number): string => {
    if (row === 0) return format(top);
    return row === rows - 1 - Math.floor(rows / 2) ? format(top / 2) : '';
  };
  const body = cells.map((row, index) => `${axis(index).padStart(margin)} │${row.join('').trimEnd()}`);
  const legend = series.map(({ mark, label }) => `${mark} ${label}`).join('   ');
  const seconds = `${(endUs / 1e6).toFixed(2)} s`;
  return [
    `${title}   ${legend}`,
    ...body,
    `${' '.repeat(margin)} └${'─'.repeat(columns)}`,
    `${' '.repeat(margin)}  0${seconds.padStart(columns - 1)}`,
  ].join('\n');
}

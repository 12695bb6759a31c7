/** The same quantity, measured some times. */
export type Samples = readonly number[];

/** Their median, least and most. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(samples: Samples): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const [median, min, max] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)];
  if (median === undefined || min === undefined || max === undefined) throw new Error('nothing was measured');
  return { median, min, max };
}

/** `median (least–most)`. */
export function formatSpread({ median, min, max }: Spread, digits = 0): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** Mean and standard deviation of a sample, of which there is one at least. */
export function goodputText(kbits: readonly number[]): string {
  const mean = kbits.reduce((sum, one) => sum + one, 0) / kbits.length;
  const squares = kbits.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const deviation = kbits.length === 1 ? 0 : Math.sqrt(squares / (kbits.length - 1));
  return `${mean.toFixed(0)} ± ${deviation.toFixed(0)} kbit/s`;
}

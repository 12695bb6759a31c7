/** Byte `offset` of an endless pattern in which neighbouring kilobytes and packets differ. */
export function patternByte(offset: number): number {
  return (offset ^ (offset >>> 8) ^ Math.imul(offset >>> 16, 0x3b)) & 0xff;
}

/** Fill `out` with the pattern from `offset` on. */
export function fillPattern(out: Uint8Array, offset: number): void {
  for (let i = 0; i < out.length; i++) out[i] = patternByte(offset + i);
}

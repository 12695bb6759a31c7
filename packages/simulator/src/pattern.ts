/**
 * Fill `out` with an endless pattern from `offset` on, in which neighbouring kilobytes and packets differ.
 */
export function fillPattern(out: Uint8Array, offset: number): void {
  let row = rowOf(offset);
  for (let i = 0; i < out.length; i++) {
    const at = offset + i;
    if ((at & 0xff) === 0) row = rowOf(at);
    out[i] = at ^ row;
  }
}

/** Whether the first `length` bytes are the pattern from `offset` on. */
export function isPattern(bytes: Uint8Array, length: number, offset: number): boolean {
  let row = rowOf(offset);
  for (let i = 0; i < length; i++) {
    const at = offset + i;
    if ((at & 0xff) === 0) row = rowOf(at);
    if (bytes[i] !== ((at ^ row) & 0xff)) return false;
  }
  return true;
}

/** A value that all bytes of one row of 256 depend on. */
function rowOf(offset: number): number {
  return (offset >>> 8) ^ Math.imul(offset >>> 16, 0x3b);
}

/**
 * A set of 16-bit code points that a peer chooses. It is a bit map, because a peer could choose numbers that
 * collide in a hash table.
 */
export class CodePointSet {
  private readonly bits = new Uint8Array(0x2000);

  /** Add a code point; returns false when it was there. */
  add(codePoint: number): boolean {
    if (this.has(codePoint)) return false;
    this.bits[codePoint >> 3]! |= 1 << (codePoint & 7);
    return true;
  }

  has(codePoint: number): boolean {
    return (this.bits[codePoint >> 3]! & (1 << (codePoint & 7))) !== 0;
  }
}

/** Random bytes are drawn so many at a time. */
const POOL_BYTES = 32;

/** Unpredictable single bits, for header bits whose value has no meaning. */
export class RandomBits {
  private readonly pool = new Uint8Array(POOL_BYTES);
  private readonly random: (out: Uint8Array) => void;
  private at = POOL_BYTES * 8;

  constructor(random: (out: Uint8Array) => void) {
    this.random = random;
  }

  /** 0 or 1. */
  next(): number {
    if (this.at === POOL_BYTES * 8) {
      this.random(this.pool);
      this.at = 0;
    }
    const bit = (this.pool[this.at >> 3]! >> (this.at & 7)) & 1;
    this.at++;
    return bit;
  }

  /** Draw `count` bits; returns whether all are 0. */
  areClear(count: number): boolean {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += this.next();
    return sum === 0;
  }
}

/** Size of a generation's filter, bits. */
const BITS = 2 ** 20;
/**
 * Most tokens of one generation: with so many, about one unused token in a hundred looks used, and its client
 * gets a Retry.
 */
const CAPACITY = 100_000;
/** Bits that each token sets; three bytes of its nonce choose each. */
const MARKS = 4;
const BYTES_PER_MARK = 3;

/**
 * Stores which tokens of NEW_TOKEN have been used, so that none is accepted twice, however many come in
 * between: when a generation is forgotten, all tokens made before its end are refused. RFC 9000 §8.1.4
 */
export class UsedTokens {
  private readonly lifeUs: number;
  private readonly skewUs: number;
  /** Undefined until the first token comes, because most contexts get none. */
  private current: Uint8Array | undefined;
  private before: Uint8Array | undefined;
  private count = 0;
  /** When `current` began, which is when `before` ended. */
  private currentSinceUs = -Infinity;
  /** Tokens made before this time are refused, because it is forgotten which of them were used. */
  private forgottenBeforeUs = -Infinity;

  /**
   * @param lifeUs - how long a token is valid.
   * @param skewUs - how far ahead the clock of the server that made it may be.
   */
  constructor(lifeUs: number, skewUs: number) {
    this.lifeUs = lifeUs + skewUs;
    this.skewUs = skewUs;
  }

  /**
   * Use a token; returns false when it was used before, or may have been.
   *
   * @param nonce - the twelve random bytes of this token, which is known to be authentic.
   */
  use(nonce: Uint8Array, createdUs: number, nowUs: number): boolean {
    if (this.current === undefined || this.count >= CAPACITY || nowUs - this.currentSinceUs > this.lifeUs)
      this.turn(nowUs);
    // This is checked after the generations have turned, because the token may have been used in the one just
    // forgotten.
    if (createdUs <= this.forgottenBeforeUs) return false;
    if (has(this.current!, nonce) || (this.before !== undefined && has(this.before, nonce))) return false;
    mark(this.current!, nonce);
    this.count++;
    return true;
  }

  /** Begin a generation. All tokens in the one that is forgotten were made before it ended. */
  private turn(nowUs: number): void {
    if (this.before !== undefined) this.forgottenBeforeUs = this.currentSinceUs + this.skewUs;
    this.before = this.current;
    this.current = new Uint8Array(BITS / 8);
    this.currentSinceUs = nowUs;
    this.count = 0;
  }
}

function bitAt(nonce: Uint8Array, mark: number): number {
  const at = mark * BYTES_PER_MARK;
  return ((nonce[at]! << 16) | (nonce[at + 1]! << 8) | nonce[at + 2]!) % BITS;
}

function has(filter: Uint8Array, nonce: Uint8Array): boolean {
  for (let i = 0; i < MARKS; i++) {
    const bit = bitAt(nonce, i);
    if ((filter[bit >> 3]! & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

function mark(filter: Uint8Array, nonce: Uint8Array): void {
  for (let i = 0; i < MARKS; i++) {
    const bit = bitAt(nonce, i);
    filter[bit >> 3] = filter[bit >> 3]! | (1 << (bit & 7));
  }
}

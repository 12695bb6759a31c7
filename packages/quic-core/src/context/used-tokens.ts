/** Bits of a generation's filter. */
const BITS = 2 ** 20;
/** Tokens of one generation; with as many about one fresh token in a hundred looks used, which costs it a Retry. */
const CAPACITY = 100_000;
/** Bits that stand for one token; each is drawn from three bytes of its nonce. */
const MARKS = 4;
const BYTES_PER_MARK = 3;

/**
 * Which tokens of NEW_TOKEN have been used. None counts twice, however many come between: a generation is forgotten only
 * with all tokens that were made before it ended, whether or not they were used. RFC 9000 §8.1.4
 */
export class UsedTokens {
  private readonly lifeUs: number;
  private readonly skewUs: number;
  /** Undefined until the first token comes: most contexts see none. */
  private current: Uint8Array | undefined;
  private before: Uint8Array | undefined;
  private count = 0;
  /** When `current` began, which is when `before` ended. */
  private currentSinceUs = -Infinity;
  /** Tokens made before this time are worth nothing: nobody knows any more which of them were used. */
  private forgottenBeforeUs = -Infinity;

  /**
   * @param lifeUs - how long a token is good for.
   * @param skewUs - how far the clock of the server that made it may be ahead of ours.
   */
  constructor(lifeUs: number, skewUs: number) {
    this.lifeUs = lifeUs + skewUs;
    this.skewUs = skewUs;
  }

  /**
   * Use a token; false when it was used before, or might have been.
   *
   * @param nonce - twelve bytes that were drawn at random for this token, and proved to be ours.
   */
  use(nonce: Uint8Array, createdUs: number, nowUs: number): boolean {
    if (this.current === undefined || this.count >= CAPACITY || nowUs - this.currentSinceUs > this.lifeUs)
      this.turn(nowUs);
    // Only now: the generation that has just gone may be the one that this token was used in.
    if (createdUs <= this.forgottenBeforeUs) return false;
    if (has(this.current!, nonce) || (this.before !== undefined && has(this.before, nonce))) return false;
    mark(this.current!, nonce);
    this.count++;
    return true;
  }

  /** Begin a generation. Whatever the one that goes may hold was made before it ended. */
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

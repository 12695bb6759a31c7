import type { BlockCipher } from '@tsquic/crypto';

/**
 * The ciphers of QUIC-LB over server ID and nonce: a single pass when they have 16 bytes together, four
 * passes of a Feistel network for any other length. draft-ietf-quic-load-balancers, "Server Actions"
 */
export class QuicLbCipher {
  private readonly aes: BlockCipher;
  private readonly block = new Uint8Array(BLOCK);

  constructor(aes: BlockCipher) {
    this.aes = aes;
  }

  /** Encrypt `text` in place: 5 to 19 bytes. */
  encrypt(text: Uint8Array): void {
    if (text.length === BLOCK) return this.aes.encrypt(text);
    const halves = split(text);
    for (let pass = 1; pass <= PASSES; pass++) this.mix(halves, text.length, pass);
    join(halves, text);
  }

  /**
   * The inverse of `encrypt`.
   *
   * @param wanted - how many bytes from the beginning are needed: when they are all in the left half, the
   * last pass is left out, and the other bytes are not decrypted.
   */
  decrypt(text: Uint8Array, wanted: number = text.length): void {
    if (text.length === BLOCK) return this.aes.decrypt(text);
    const halves = split(text);
    const last = wanted * 2 <= text.length ? 2 : 1;
    for (let pass = PASSES; pass >= last; pass--) this.mix(halves, text.length, pass);
    join(halves, text);
  }

  /**
   * One pass, which is its own inverse. Odd passes change the right half by the left one, even passes the
   * left by the right.
   */
  private mix({ left, right }: Halves, length: number, pass: number): void {
    const isOddPass = pass % 2 === 1;
    const { block } = this;
    block.fill(0);
    block.set(isOddPass ? left : right);
    block[BLOCK - 2] = length;
    block[BLOCK - 1] = pass;
    this.aes.encrypt(block);
    const changed = isOddPass ? right : left;
    for (let i = 0; i < changed.length; i++) changed[i]! ^= block[i]!;
    if (length % 2 === 0) return;
    // The middle byte belongs to both halves, with four bits each.
    if (isOddPass) right[0]! &= 0x0f;
    else left[left.length - 1]! &= 0xf0;
  }
}

interface Halves {
  readonly left: Uint8Array;
  readonly right: Uint8Array;
}

function split(text: Uint8Array): Halves {
  const half = Math.ceil(text.length / 2);
  const left = text.slice(0, half);
  const right = text.slice(text.length - half);
  if (text.length % 2 === 1) {
    left[half - 1]! &= 0xf0;
    right[0]! &= 0x0f;
  }
  return { left, right };
}

function join({ left, right }: Halves, text: Uint8Array): void {
  const middle = text.length - right.length;
  const shared = text.length % 2 === 1 ? left[middle]! : 0;
  text.set(left);
  text.set(right, middle);
  text[middle]! |= shared;
}

const BLOCK = 16;
const PASSES = 4;

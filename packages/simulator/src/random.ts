/**
 * A seeded random number generator: the same seed gives the same sequence on every JavaScript engine. Not for
 * secrets.
 */
export interface Random {
  /** A number from 0, inclusive, to 1, exclusive. */
  next(): number;
  /** An integer from 0 to `bound - 1`. */
  integer(bound: number): number;
  /**
   * True with this probability, 0 to 1. Draws a number in every case, so that a changed probability does not
   * shift other numbers.
   */
  chance(probability: number): boolean;
  /**
   * Fill all of `out`. It is bound to this object, so that it can be the `RandomSource` of a crypto provider.
   */
  readonly fillBytes: (out: Uint8Array) => void;
  /** A generator for one purpose: drawing from it does not change this one. */
  fork(purpose: string): Random;
}

/** A generator with this seed, any integer. */
export function createRandom(seed: number): Random {
  // Seeds above 2^32 keep their high bits, and mixing makes neighbouring seeds independent.
  const mix = new SplitMix((seed | 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b));
  return new Xoshiro(mix.next(), mix.next(), mix.next(), mix.next(), seed);
}

/** One of `choices`. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.integer(choices.length)]!;
}

/** `length` random bytes. */
export function randomBytes(length: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(length);
  random.fillBytes(bytes);
  return bytes;
}

/** xoshiro128** by Blackman and Vigna, from a state of four 32-bit words, not all zero. */
export class Xoshiro implements Random {
  private readonly seed: number;
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(a: number, b: number, c: number, d: number, seed: number) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.seed = seed;
  }

  next(): number {
    return this.word() / 2 ** 32;
  }

  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  readonly fillBytes = (out: Uint8Array): void => {
    for (let at = 0; at < out.length; at += 4) {
      const word = this.word();
      for (let i = 0; i < 4 && at + i < out.length; i++) out[at + i] = word >>> (8 * i);
    }
  };

  fork(purpose: string): Random {
    let hash = 0x811c9dc5 ^ this.seed;
    for (let i = 0; i < purpose.length; i++) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193);
    return createRandom(hash >>> 0);
  }

  private word(): number {
    const scrambled = Math.imul(rotate(Math.imul(this.b, 5), 7), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = rotate(this.d, 11);
    return scrambled >>> 0;
  }
}

/** Derives the generator's state from a seed. */
class SplitMix {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  next(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

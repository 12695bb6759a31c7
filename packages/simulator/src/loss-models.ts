import type { Random } from './random.ts';

/** Which datagrams a link loses. Indexes count from 0 in the order in which datagrams enter the link. */
export type Loss =
  /** Each independently, with probability `rate`; after `longestRun` in a row the next one passes. */
  | { readonly kind: 'random'; readonly rate: number; readonly longestRun?: number }
  /**
   * Gilbert and Elliott: a good and a bad state, each with a rate of loss, and the probabilities per datagram
   * to change between them.
   */
  | {
      readonly kind: 'bursts';
      readonly toBad: number;
      readonly toGood: number;
      /** Default 0. */
      readonly rateWhenGood?: number;
      /** Default 1. */
      readonly rateWhenBad?: number;
    }
  /** `length` datagrams in a row out of every `period`, beginning with index `first` (default 0). */
  | { readonly kind: 'periodic'; readonly period: number; readonly length: number; readonly first?: number }
  /**
   * One character for each datagram: `x` is lost, any other passes. Beyond the end all pass, unless it
   * repeats.
   */
  | { readonly kind: 'mask'; readonly mask: string; readonly repeats?: boolean }
  /** Exactly these indexes. */
  | { readonly kind: 'list'; readonly indexes: readonly number[] };

/** Decides which datagrams are lost, one after the other. */
export interface LossModel {
  /** Whether the next datagram, the `index`th, is lost. */
  loses(index: number): boolean;
}

/** The model that `loss` describes; without it, no datagram is lost. */
export function createLossModel(loss: Loss | undefined, random: Random): LossModel {
  switch (loss?.kind) {
    case undefined:
      return { loses: () => false };
    case 'random':
      return new RandomLoss(loss.rate, loss.longestRun ?? Infinity, random);
    case 'bursts':
      return new BurstLoss(
        [loss.toBad, loss.toGood],
        [loss.rateWhenGood ?? 0, loss.rateWhenBad ?? 1],
        random,
      );
    case 'periodic': {
      const first = loss.first ?? 0;
      return { loses: (index) => index >= first && (index - first) % loss.period < loss.length };
    }
    case 'mask': {
      const { mask, repeats } = loss;
      return { loses: (index) => mask[repeats === true ? index % mask.length : index] === 'x' };
    }
    case 'list':
      return { loses: (index) => loss.indexes.includes(index) };
  }
}

class RandomLoss implements LossModel {
  private readonly rate: number;
  private readonly longestRun: number;
  private readonly random: Random;
  private run = 0;

  constructor(rate: number, longestRun: number, random: Random) {
    this.rate = rate;
    this.longestRun = longestRun;
    this.random = random;
  }

  loses(): boolean {
    const lost = this.random.chance(this.rate) && this.run < this.longestRun;
    this.run = lost ? this.run + 1 : 0;
    return lost;
  }
}

class BurstLoss implements LossModel {
  /** Probability to leave the good and the bad state. */
  private readonly leave: readonly [number, number];
  private readonly rate: readonly [number, number];
  private readonly random: Random;
  private state: 0 | 1 = 0;

  constructor(leave: readonly [number, number], rate: readonly [number, number], random: Random) {
    this.leave = leave;
    this.rate = rate;
    this.random = random;
  }

  loses(): boolean {
    if (this.random.chance(this.leave[this.state])) this.state = this.state === 0 ? 1 : 0;
    return this.random.chance(this.rate[this.state]);
  }
}

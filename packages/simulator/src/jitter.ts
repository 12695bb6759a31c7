import type { Random } from './random.ts';

/** Extra one-way delay of each datagram, as data. */
export type Jitter =
  /** Anything from 0 to `upToUs`, equally likely. */
  | { readonly kind: 'uniform'; readonly upToUs: number }
  /** About normal around `meanUs`, never below 0. */
  | { readonly kind: 'normal'; readonly meanUs: number; readonly deviationUs: number }
  /** A radio that waits for its turn: mostly nothing, sometimes a few slots, seldom many. */
  | { readonly kind: 'slots'; readonly slotUs: number; readonly busy: number };

/** One draw, whole microseconds. */
export function drawJitterUs(jitter: Jitter | undefined, random: Random): number {
  switch (jitter?.kind) {
    case undefined:
      return 0;
    case 'uniform':
      return random.integer(jitter.upToUs + 1);
    case 'normal':
      return Math.max(0, Math.round(jitter.meanUs + jitter.deviationUs * drawNormal(random)));
    case 'slots': {
      let slots = 0;
      while (slots < 64 && random.chance(jitter.busy)) slots++;
      return slots * jitter.slotUs;
    }
  }
}

/**
 * Twelve uniform draws add up to a variance of one. Engines differ in the last bit of logarithms and
 * cosines, which the usual methods need; they agree on sums.
 */
function drawNormal(random: Random): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.next();
  return sum;
}

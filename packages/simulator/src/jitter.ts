import type { Random } from './random.ts';

/** Additional one-way delay of each datagram. */
export type Jitter =
  /** Uniform from 0 to `upToUs`. */
  | { readonly kind: 'uniform'; readonly upToUs: number }
  /** Approximately normal around `meanUs`, never below 0. */
  | { readonly kind: 'normal'; readonly meanUs: number; readonly deviationUs: number }
  /** A radio that waits for its slot: mostly no time, sometimes a few slots, seldom many. */
  | { readonly kind: 'slots'; readonly slotUs: number; readonly busy: number };

/** Draw a delay in whole microseconds. */
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
 * The sum of twelve uniform numbers has a variance of one. The usual methods need logarithms and cosines,
 * whose last bits differ between engines; sums do not.
 */
function drawNormal(random: Random): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.next();
  return sum;
}

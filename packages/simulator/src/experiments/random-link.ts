import { ECN_ALL_CE, ECN_BLEACH, ECN_SWAP, type LinkOptions } from '../link.ts';
import type { Loss } from '../loss-models.ts';
import { pick, type Random } from '../random.ts';

/** One direction of a path with any mixture of impairments that a patient connection must survive. */
export function drawLink(random: Random): Partial<LinkOptions> {
  const loss = drawLoss(random);
  return {
    delayUs: pick(random, [0, 1000, 10_000, 50_000, 300_000]),
    bytesPerSecond: pick(random, [
      Infinity,
      125_000_000,
      12_500_000,
      1_250_000,
      125_000,
      SLOWEST_BYTES_PER_SECOND,
    ]),
    queueBytes: pick(random, [3000, 15_000, 64_000, 500_000]),
    queue: pick(random, [
      { kind: 'tail-drop' },
      { kind: 'tail-drop' },
      { kind: 'codel' },
      { kind: 'dual' },
    ] as const),
    ...(loss !== undefined && { loss }),
    ...(random.chance(0.2) && { mtuBytes: 1200 + random.integer(300) }),
    ...(random.chance(0.3) && { jitter: { kind: 'uniform', upToUs: random.integer(20_000) } as const }),
    ...(random.chance(0.2) && { reordering: random.next() * 0.1, reorderUs: random.integer(30_000) }),
    ...(random.chance(0.2) && { duplication: random.next() * 0.2 }),
    ...(random.chance(0.2) && { corruption: random.next() * 0.03 }),
    ...(random.chance(0.2) && { ceMarking: random.next() * 0.1 }),
    ...(random.chance(0.2) && { ecnRewrite: pick(random, [ECN_BLEACH, ECN_SWAP, ECN_ALL_CE]) }),
    ...(random.chance(0.2) && { blackholes: [drawBlackhole(random)] }),
  };
}

function drawLoss(random: Random): Loss | undefined {
  switch (random.integer(5)) {
    case 0:
      return { kind: 'random', rate: random.next() * 0.25 };
    case 1:
      return { kind: 'bursts', toBad: random.next() * 0.01, toGood: 0.4 + random.next() * 0.5 };
    case 2:
      return {
        kind: 'mask',
        mask: Array.from({ length: 16 }, () => (random.chance(0.3) ? 'x' : '.')).join(''),
      };
    default:
      return undefined;
  }
}

/** Whether several timeouts in a row are unlikely. */
export function isCalmLink({ loss, blackholes = [] }: Partial<LinkOptions>): boolean {
  return blackholes.length === 0 && loss?.kind !== 'mask' && !isHeavy(loss);
}

/** Whether little data gets through in minutes. */
export function isSlowLink({ loss, bytesPerSecond }: Partial<LinkOptions>): boolean {
  return bytesPerSecond === SLOWEST_BYTES_PER_SECOND || isHeavy(loss);
}

function isHeavy(loss: Loss | undefined): boolean {
  return loss?.kind === 'random' && loss.rate > 0.1;
}

function drawBlackhole(random: Random): { fromUs: number; untilUs: number } {
  const fromUs = random.integer(2_000_000);
  return { fromUs, untilUs: fromUs + random.integer(3_000_000) };
}

/** 100 kbit/s. */
const SLOWEST_BYTES_PER_SECOND = 12_500;

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { concatBytes } from '@tsquic/bytes';
import { CLIENT_STAGES, SERVER_STAGES, type Stage } from '../test/stages.ts';
import { TlsAlert, type TlsEngine } from './index.ts';

const SEED = 20_261_122;

/** How a good message is spoilt, or what comes in its place. */
interface Damage {
  readonly flips: readonly number[];
  /** Bytes put over the message, where. */
  readonly patch: Uint8Array;
  readonly patchAt: number;
  /** A share of the message that is cut off. */
  readonly cut: number;
  /** Make the length in the header right again. */
  readonly fixLength: boolean;
  /** Take these bytes instead, under a header that fits. */
  readonly instead: Uint8Array | null;
}

const damages: fc.Arbitrary<Damage> = fc.record({
  flips: fc.array(fc.nat(), { maxLength: 4 }),
  patch: fc.uint8Array({ maxLength: 6 }),
  patchAt: fc.nat(),
  cut: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
  fixLength: fc.boolean(),
  instead: fc.option(fc.uint8Array({ maxLength: 200 }), { freq: 5 }),
});

/** 20,000 in all; reaching the deeper states costs a handshake each. */
const RUNS: readonly (readonly [Stage, number])[] = [
  [SERVER_STAGES[0]!, 8000],
  [CLIENT_STAGES[0]!, 5500],
  ...[...CLIENT_STAGES.slice(1), ...SERVER_STAGES.slice(1)].map((stage) => [stage, 500] as const),
];

describe('whatever comes, nothing but TlsAlert is thrown', () => {
  test('there are twenty thousand strings', () => {
    expect(RUNS.reduce((sum, [, runs]) => sum + runs, 0)).toBe(20_000);
  });

  test.each(RUNS.map(([stage, runs]) => [stage.name, stage, runs] as const))('%s', (_name, stage, runs) => {
    fc.assert(
      fc.property(damages, (damage) => {
        const { engine, next } = stage.reach();
        const message = spoilt(next[0] ?? Uint8Array.of(stage.accepts[0] ?? 20, 0, 0, 1, 0), damage);
        return survives(engine, stage, message);
      }),
      { seed: SEED, numRuns: runs },
    );
  });
});

function survives(engine: TlsEngine, stage: Stage, message: Uint8Array): boolean {
  try {
    const half = message.length >> 1;
    engine.provide(stage.level, message.subarray(0, half));
    engine.provide(stage.level, message.subarray(half));
  } catch (error) {
    if (!(error instanceof TlsAlert)) throw error;
  }
  while (engine.nextEvent());
  return true;
}

function spoilt(good: Uint8Array, damage: Damage): Uint8Array {
  if (damage.instead !== null) return withLength(concatBytes(good.subarray(0, 4), damage.instead));
  const bytes = good.slice(0, good.length - Math.floor(damage.cut * good.length));
  if (bytes.length === 0) return bytes;
  for (const flip of damage.flips) bytes[Math.floor(flip / 8) % bytes.length]! ^= 1 << (flip % 8);
  const at = damage.patchAt % bytes.length;
  bytes.set(damage.patch.subarray(0, bytes.length - at), at);
  return damage.fixLength ? withLength(bytes) : bytes;
}

function withLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  const length = bytes.length - 4;
  bytes.set([length >>> 16, (length >>> 8) & 0xff, length & 0xff], 1);
  return bytes;
}

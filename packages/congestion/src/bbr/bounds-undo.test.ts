import { expect, test } from '@jest/globals';
import { BoundsUndo } from './bounds-undo.ts';
import { ShortTermBounds } from './short-term-bounds.ts';
import { VolumeBound } from './volume-bound.ts';

test.each([
  ['bounds that fell are as they were', [5, 50_000, 45_000], [10, 100_000, 90_000]],
  ['bounds that have risen since stay', [20, 200_000, 180_000], [20, 200_000, 180_000]],
] as const)('%s', (_what, [bandwidth, inFlightBytes, volumeBytes], expected) => {
  const [shortTerm, volume, undo] = [new ShortTermBounds(), new VolumeBound(), new BoundsUndo()];
  Object.assign(shortTerm, { bandwidth: 10, inFlightBytes: 100_000 });
  volume.lower(90_000);
  undo.remember(shortTerm, volume);
  Object.assign(shortTerm, { bandwidth, inFlightBytes, lossInRound: true });
  volume.lower(volumeBytes);
  undo.restore(shortTerm, volume);
  expect([shortTerm.bandwidth, shortTerm.inFlightBytes, volume.inFlightBytes]).toEqual(expected);
  expect(shortTerm.lossInRound).toBe(false);
});

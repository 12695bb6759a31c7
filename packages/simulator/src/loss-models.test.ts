import { describe, expect, test } from '@jest/globals';
import { createLossModel, type Loss } from './loss-models.ts';
import { createRandom } from './random.ts';

function fates(loss: Loss | undefined, count: number, seed = 1): string {
  const model = createLossModel(loss, createRandom(seed));
  return Array.from({ length: count }, (_, index) => (model.loses(index) ? 'x' : '.')).join('');
}

function lostShare(text: string): number {
  return text.split('x').length / text.length;
}

describe('loss models', () => {
  test.each<[string, Loss | undefined, string]>([
    ['none', undefined, '........'],
    ['a mask', { kind: 'mask', mask: 'x.xx' }, 'x.xx....'],
    ['a repeating mask', { kind: 'mask', mask: 'x..', repeats: true }, 'x..x..x.'],
    ['a list', { kind: 'list', indexes: [1, 5] }, '.x...x..'],
    ['bursts every so often', { kind: 'periodic', period: 4, length: 2, first: 1 }, '.xx..xx.'],
    ['everything', { kind: 'random', rate: 1 }, 'xxxxxxxx'],
    ['everything, but never four in a row', { kind: 'random', rate: 1, longestRun: 3 }, 'xxx.xxx.'],
  ])('%s', (_, loss, expected) => {
    expect(fates(loss, 8)).toBe(expected);
  });

  test('random loss comes near its rate and repeats with its seed', () => {
    const loss: Loss = { kind: 'random', rate: 0.1 };
    expect(lostShare(fates(loss, 20_000))).toBeCloseTo(0.1, 2);
    expect(fates(loss, 200, 5)).toBe(fates(loss, 200, 5));
    expect(fates(loss, 200, 5)).not.toBe(fates(loss, 200, 6));
  });

  test('bursts have the share and the length that their two states imply', () => {
    // The bad state holds 0.02 / (0.02 + 0.2) of the time, and lasts 1 / 0.2 datagrams on average.
    const text = fates({ kind: 'bursts', toBad: 0.02, toGood: 0.2 }, 100_000);
    expect(lostShare(text)).toBeCloseTo(0.0909, 1);
    const bursts = text.match(/x+/g)!;
    const meanLength = bursts.reduce((sum, burst) => sum + burst.length, 0) / bursts.length;
    expect(meanLength).toBeGreaterThan(4.5);
    expect(meanLength).toBeLessThan(5.5);
  });
});

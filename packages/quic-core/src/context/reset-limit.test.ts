import { describe, expect, test } from '@jest/globals';
import { ResetLimit } from './reset-limit.ts';

const secret = (seed: number): Uint8Array => Uint8Array.of(7 * seed, 31 * seed, 113 * seed, seed);

/** How many of so many resets may leave for an IP. */
function taken(limit: ResetLimit, ip: string, attempts: number, nowUs = 0): number {
  let count = 0;
  for (let i = 0; i < attempts; i++) if (limit.take(ip, nowUs + i)) count++;
  return count;
}

describe('stateless resets', () => {
  test('to one address are ten a second', () => {
    const limit = new ResetLimit(secret(1));
    expect(taken(limit, '192.0.2.1', 1000)).toBe(10);
    expect(taken(limit, '192.0.2.1', 1000, 999_000)).toBe(0);
    expect(taken(limit, '192.0.2.1', 1000, 1_000_000)).toBe(10);
  });

  test.each(['192.0.2.', '2001:db8::'])('go to most others (%s) while one address floods', (prefix) => {
    let served = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const limit = new ResetLimit(secret(seed));
      taken(limit, '198.51.100.99', 1000);
      for (let host = 1; host <= 20; host++) served += taken(limit, prefix + String(host), 1);
    }
    // One in 64 shares a bucket with the flood. The bound is what a fair draw of 2000 stays above but once in a million.
    expect(served).toBeGreaterThan(2000 * (63 / 64) - 30);
  });

  test.each(['192.0.2.', '2001:db8::'])(
    'are 100 a second in all, from however many addresses (%s)',
    (prefix) => {
      const limit = new ResetLimit(secret(3));
      let count = 0;
      for (let host = 0; host < 5000; host++) count += taken(limit, prefix + String(host), 1, 10 * host);
      expect(count).toBe(100);
    },
  );
});

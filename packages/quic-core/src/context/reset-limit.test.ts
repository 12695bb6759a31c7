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
  test('take turns at one address, whatever others do', () => {
    const limit = new ResetLimit(secret(1));
    const turns: number[] = [];
    // 192.0.2.1 and 192.0.2.2 are in other buckets under this secret.
    for (let i = 0; i < 300; i++) {
      turns.push(limit.turn('192.0.2.1') % 2);
      if (i % 3 === 0) limit.turn('192.0.2.2');
    }
    expect(turns).toEqual(Array.from({ length: 300 }, (_, i) => i % 2));
  });

  test('to one address are ten a second', () => {
    const limit = new ResetLimit(secret(1));
    expect(taken(limit, '192.0.2.1', 1000)).toBe(10);
    expect(taken(limit, '192.0.2.1', 1000, 999_000)).toBe(0);
    expect(taken(limit, '192.0.2.1', 1000, 1_000_000)).toBe(10);
  });

  test('a second is over after a million microseconds, not before, and 100 may leave in it again', () => {
    const limit = new ResetLimit(secret(1));
    const hosts = Array.from({ length: 2000 }, (_, host) => `198.51.${host >> 8}.${host & 0xff}`);
    const takenBy = (nowUs: number): number => hosts.filter((ip) => limit.take(ip, nowUs)).length;
    expect([5, 1_000_004, 1_000_005, 2_000_004, 2_000_005].map(takenBy)).toEqual([100, 0, 100, 0, 100]);
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

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeTime, unixTimeMsOf } from './calendar.ts';

const SEED = 5280;

test(`every second has the time and the text that the runtime gives it (seed ${SEED})`, () => {
  const seconds = fc.integer({ min: Date.UTC(1950, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
  fc.assert(
    fc.property(seconds, (second) => {
      const date = new Date(second * 1000);
      const text = date.toISOString().slice(0, 19).replace('T', ' ');
      expect(describeTime(second * 1000)).toBe(`${text} UTC`);
      const [year, month, ...rest] = text.split(/\D/).map(Number) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      expect(unixTimeMsOf(year, month, ...rest)).toBe(second * 1000);
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

test('days at the edges of years and of February', () => {
  for (const year of [1950, 1970, 1999, 2000, 2001, 2024, 2026, 2072, 2100, 2400]) {
    for (let day = 0; day < 366; day++) {
      const date = new Date(Date.UTC(year, 0, 1 + day));
      expect(describeTime(date.getTime()).slice(0, 10)).toBe(date.toISOString().slice(0, 10));
    }
    const leap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
    expect(unixTimeMsOf(year, 2, 29, 0, 0, 0) !== undefined).toBe(leap);
  }
  expect(describeTime(Number.NaN)).toBe('no time of a calendar');
  expect(describeTime(Infinity)).toBe('no time of a calendar');
});

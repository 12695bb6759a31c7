import { expect, test } from '@jest/globals';
import { jainIndex, summarize } from './sample.ts';

test('mean, median, percentiles and maximum', () => {
  const values = [100, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect(summarize(values)).toEqual({ mean: 14.5, median: 6, p90: 100, p99: 100, max: 100 });
  expect(summarize([7])).toEqual({ mean: 7, median: 7, p90: 7, p99: 7, max: 7 });
  expect(summarize([]).mean).toBeNaN();
});

test("Jain's index goes from 1/n to 1", () => {
  expect(jainIndex([5, 5, 5, 5])).toBe(1);
  expect(jainIndex([1, 0, 0, 0])).toBe(0.25);
  // The example of Jain's paper: 50, 30 and 50 of equal shares.
  expect(jainIndex([50, 30, 50])).toBeCloseTo(0.9548, 4);
});

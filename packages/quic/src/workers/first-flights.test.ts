import { describe, expect, test } from '@jest/globals';
import { FirstFlights } from './first-flights.ts';

const NOW = 1_800_000_000_000;

describe('first flights', () => {
  test('stay with the worker that was named first, in every thread', () => {
    const here = new FirstFlights();
    const there = new FirstFlights(here.memory);
    expect(here.workerFor(0xdead_beef, 3, NOW)).toBe(3);
    expect(there.workerFor(0xdead_beef, 5, NOW + 1)).toBe(3);
    expect(there.workerFor(0xfeed_beef, 5, NOW + 1)).toBe(5);
    expect(here.workerFor(0xfeed_beef, 0, NOW + 10_000)).toBe(5);
  });

  test('are forgotten after the time that a handshake may take', () => {
    const flights = new FirstFlights();
    flights.workerFor(7, 0, NOW);
    expect(flights.workerFor(7, 1, NOW + 11_000)).toBe(0);
    expect(flights.workerFor(7, 1, NOW + 25_000)).toBe(1);
  });

  test('that meet in one place keep apart, and the table forgets rather than fails', () => {
    const flights = new FirstFlights();
    // The lower half of a hash is the place, the upper half tells flights apart.
    for (let upper = 0; upper < 4; upper++) flights.workerFor(upper * 65_536 + 9, upper, NOW);
    for (let upper = 0; upper < 4; upper++)
      expect(flights.workerFor(upper * 65_536 + 9, 77, NOW)).toBe(upper);
    for (let upper = 4; upper < 40; upper++)
      expect(flights.workerFor(upper * 65_536 + 9, upper, NOW)).toBe(upper);
    expect(flights.workerFor(2 * 65_536 + 9, 77, NOW)).toBe(2);
  });

  test('a place that another thread has just taken for the same flight is seen', () => {
    const flights = new FirstFlights();
    const rival = new FirstFlights(flights.memory);
    const { compareExchange } = Atomics;
    let rivals = 0;
    try {
      Atomics.compareExchange = ((...args: Parameters<typeof compareExchange>) => {
        if (rivals++ === 0) expect(rival.workerFor(5, 1, NOW)).toBe(1);
        return compareExchange(...args);
      }) as typeof compareExchange;
      expect(flights.workerFor(5, 2, NOW)).toBe(1);
    } finally {
      Atomics.compareExchange = compareExchange;
    }
  });
});

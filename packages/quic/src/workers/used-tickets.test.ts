import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, jest, test } from '@jest/globals';
import { nodeClock, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { UsedTickets } from './used-tickets.ts';

const NOW = 1_800_000_000_000;
const ID = new Uint8Array(16).fill(1);
const OTHER = new Uint8Array(16).fill(2);
let now = NOW;
const create = (sharesTickets: boolean): UsedTickets => {
  now = NOW;
  return new UsedTickets(sharesTickets, () => now);
};
const useAt = (tickets: UsedTickets, id: Uint8Array, expiresAtMs: number, nowMs: number): boolean => {
  now = nowMs;
  return tickets.use(id, expiresAtMs);
};
afterEach(() => void jest.restoreAllMocks());

test('a ticket is used once, for as long as a replay of it would be accepted', () => {
  const tickets = create(false);
  expect(useAt(tickets, ID, NOW + 10_000, NOW)).toBe(true);
  for (const laterMs of [0, 1, 5000, 19_999, 20_000])
    expect(useAt(tickets, ID, NOW + 20_000, NOW + laterMs)).toBe(false);
  expect(useAt(tickets, OTHER, NOW + 30_000, NOW + 20_001)).toBe(true);
  expect(useAt(tickets, OTHER, NOW + 60_000, NOW + 40_001)).toBe(false);
});

test('what was used at the end of a generation is known through the next', () => {
  const tickets = create(false);
  useAt(tickets, OTHER, NOW + 10_000, NOW);
  expect(useAt(tickets, ID, NOW + 29_000, NOW + 19_000)).toBe(true);
  expect(useAt(tickets, ID, NOW + 39_000, NOW + 38_999)).toBe(false);
});

test('with keys from elsewhere, tickets that may have been used before are refused', () => {
  const tickets = create(true);
  expect(useAt(tickets, ID, NOW + 20_000, NOW + 10_000)).toBe(false);
  expect(useAt(tickets, ID, NOW + 20_001, NOW + 10_001)).toBe(true);
});

test('an expiry that no client can have is refused', () => {
  expect(useAt(create(false), ID, NOW + 20_001, NOW)).toBe(false);
});

test('neither a step of the wall clock nor a pause of the machine makes it forget what the workers take for fresh', () => {
  const tickets = new UsedTickets(false);
  const expiresAtMs = (unixTimeAtZeroUs + nodeClock.nowUs()) / 1000 + 10_000;
  expect(tickets.use(ID, expiresAtMs)).toBe(true);
  for (const [index, stepMs] of [3_600_000, -3_600_000, 0].entries()) {
    jest.spyOn(Date, 'now').mockReturnValue(NOW + stepMs);
    expect(tickets.use(ID, expiresAtMs)).toBe(false);
    expect(tickets.use(new Uint8Array(16).fill(10 + index), expiresAtMs)).toBe(true);
  }
});

test('workers count time from the origin of their process', async () => {
  const source = `const { parentPort } = require('node:worker_threads');
    const { performance } = require('node:perf_hooks');
    parentPort.postMessage([performance.timeOrigin, performance.now()]);`;
  const before = performance.now();
  const [[origin, now]] = await once(new Worker(source, { eval: true }), 'message');
  expect(origin).toBe(performance.timeOrigin);
  expect(now).toBeGreaterThan(before);
});

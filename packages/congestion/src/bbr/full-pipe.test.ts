import { expect, test } from '@jest/globals';
import { FullPipe } from './full-pipe.ts';

// A pipe is full after three rounds that grew by less than a quarter over the last that did.
test.each([
  { rates: [1, 2, 4, 8, 16], full: false },
  { rates: [1, 2, 4, 4.9, 4.9], full: false },
  { rates: [1, 2, 4, 4.9, 4.9, 4.9], full: true },
  { rates: [1, 2, 4, 4.9, 4.9, 5], full: false },
  { rates: [4, 3, 2, 1], full: true },
])('rates $rates by round: full is $full', ({ rates, full }) => {
  const pipe = new FullPipe();
  for (const rate of rates) pipe.onAck(rate, true, false);
  expect(pipe.isReached).toBe(full);
});

test('application-limited rounds and ACKs within a round do not count', () => {
  const pipe = new FullPipe();
  pipe.onAck(4, true, false);
  for (let i = 0; i < 10; i++) pipe.onAck(1, true, true);
  for (let i = 0; i < 10; i++) pipe.onAck(1, false, false);
  expect(pipe.isReached).toBe(false);
});

test('a restart looks again but remembers', () => {
  const pipe = new FullPipe();
  for (let i = 0; i < 4; i++) pipe.onAck(4, true, false);
  pipe.restart(4);
  expect(pipe.isReached).toBe(true);
  expect(pipe.isReachedNow).toBe(false);
  for (let i = 0; i < 3; i++) pipe.onAck(4, true, false);
  expect(pipe.isReachedNow).toBe(true);
});

import { expect, test } from '@jest/globals';
import { Stall } from './stall.ts';

test.each([
  { title: 'an hour: a second', lateUs: 3_600_000_000, mostUs: 1_000_000 },
  { title: '200 ms: half of that', lateUs: 200_000, mostUs: 100_000 },
])('a peer that floods the socket holds up the others after a pause of $title', ({ lateUs, mostUs }) => {
  const stall = new Stall();
  stall.onAlarmSet(0);
  stall.look(lateUs);
  stall.onDatagram();
  expect(stall.endsWithTurn(lateUs + mostUs - 1)).toBe(false);
  stall.onDatagram();
  expect(stall.endsWithTurn(lateUs + mostUs)).toBe(true);
});

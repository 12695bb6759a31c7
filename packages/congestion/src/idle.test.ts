import { expect, test } from '@jest/globals';
import { IdleDecay } from './idle.ts';

// Half of the window for each period of silence: one second, or three RTTs where those are longer.
test.each([
  { idleUs: 999_999, rttUs: 50_000, windowBytes: 96_000 },
  { idleUs: 1_000_000, rttUs: 50_000, windowBytes: 48_000 },
  { idleUs: 2_500_000, rttUs: 50_000, windowBytes: 24_000 },
  { idleUs: 4_000_000, rttUs: 50_000, windowBytes: 12_000 },
  { idleUs: 3_600_000_000, rttUs: 50_000, windowBytes: 12_000 },
  { idleUs: 2_500_000, rttUs: 1_000_000, windowBytes: 96_000 },
  { idleUs: 3_000_000, rttUs: 1_000_000, windowBytes: 48_000 },
])('after $idleUs µs of silence with an RTT of $rttUs µs: $windowBytes bytes of 96,000', (row) => {
  const idle = new IdleDecay();
  expect(idle.onSent(1_000_000, true, 96_000, 12_000, row.rttUs)).toBe(96_000);
  expect(idle.onSent(1_000_000 + row.idleUs, true, 96_000, 12_000, row.rttUs)).toBe(row.windowBytes);
});

test('a packet in flight is no silence, and a small window has nothing to lose', () => {
  const idle = new IdleDecay();
  idle.onSent(0, true, 96_000, 12_000, 50_000);
  expect(idle.onSent(9_000_000, false, 96_000, 12_000, 50_000)).toBe(96_000);
  expect(idle.onSent(20_000_000, true, 4800, 12_000, 50_000)).toBe(4800);
});

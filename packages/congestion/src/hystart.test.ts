import { describe, expect, test } from '@jest/globals';
import { ackSample } from '../test/ack-sample.ts';
import { HyStart } from './hystart.ts';

/** A round of ACKs with these RTTs. */
function round(hystart: HyStart, number: number, rttsUs: readonly number[]): void {
  for (const latestRttUs of rttsUs) {
    const deliveredAtSendBytes = number * 100_000;
    hystart.onAck(
      ackSample({ latestRttUs, deliveredAtSendBytes, deliveredTotalBytes: deliveredAtSendBytes + 100_000 }),
    );
  }
}

const times = (count: number, rttUs: number): number[] => Array.from({ length: count }, () => rttUs);

describe('a rise of the RTT slows growth', () => {
  // The threshold is an eighth of the last round's least RTT, within 4 and 16 ms. RFC 9406 §4.2
  test.each([
    { lastUs: 10_000, thresholdUs: 4000 },
    { lastUs: 32_000, thresholdUs: 4000 },
    { lastUs: 80_000, thresholdUs: 10_000 },
    { lastUs: 128_000, thresholdUs: 16_000 },
    { lastUs: 600_000, thresholdUs: 16_000 },
  ])('from $lastUs µs by $thresholdUs µs', ({ lastUs, thresholdUs }) => {
    for (const [aboveUs, divisor] of [
      [thresholdUs - 1, 1],
      [thresholdUs, 4],
    ] as const) {
      const hystart = new HyStart();
      round(hystart, 0, times(10, lastUs));
      round(hystart, 1, times(10, lastUs + aboveUs));
      expect(hystart.growthDivisor).toBe(divisor);
      expect(hystart.isOver).toBe(false);
    }
  });

  test('only with eight samples of the round', () => {
    const hystart = new HyStart();
    round(hystart, 0, times(10, 50_000));
    round(hystart, 1, times(7, 90_000));
    expect(hystart.growthDivisor).toBe(1);
    round(hystart, 1, times(1, 90_000));
    expect(hystart.growthDivisor).toBe(4);
  });

  test('not when one packet of the round was fast', () => {
    const hystart = new HyStart();
    round(hystart, 0, times(10, 50_000));
    round(hystart, 1, [50_100, ...times(30, 90_000)]);
    expect(hystart.growthDivisor).toBe(1);
  });

  test('not in the first round, and not from ACKs without a sample', () => {
    const hystart = new HyStart();
    round(hystart, 0, [...times(10, 50_000), ...times(20, 200_000)]);
    round(hystart, 1, times(30, 0));
    expect(hystart.growthDivisor).toBe(1);
  });
});

test('an ACK without a sample is no sample, and no RTT of zero', () => {
  const hystart = new HyStart();
  round(hystart, 0, times(10, 50_000));
  round(hystart, 1, [0, ...times(7, 90_000)]);
  expect(hystart.growthDivisor).toBe(1);
  round(hystart, 1, times(1, 90_000));
  expect(hystart.growthDivisor).toBe(4);
});

describe('conservative slow start', () => {
  function conservative(): HyStart {
    const hystart = new HyStart();
    round(hystart, 0, times(10, 50_000));
    round(hystart, 1, times(10, 70_000));
    return hystart;
  }

  test('ends slow start after five rounds, the first partial one counted', () => {
    const hystart = conservative();
    for (let number = 2; number <= 5; number++) {
      round(hystart, number, times(10, 75_000));
      expect(hystart.isOver).toBe(false);
    }
    round(hystart, 6, times(1, 75_000));
    expect(hystart.isOver).toBe(true);
  });

  test('gives way to slow start when the RTT falls again, and can come back', () => {
    const hystart = conservative();
    round(hystart, 2, times(7, 69_999));
    expect(hystart.growthDivisor).toBe(4);
    round(hystart, 2, times(1, 69_999));
    expect(hystart.growthDivisor).toBe(1);
    round(hystart, 3, times(10, 90_000));
    expect(hystart.growthDivisor).toBe(4);
    for (let number = 4; number <= 7; number++) round(hystart, number, times(10, 90_000));
    expect(hystart.isOver).toBe(false);
    round(hystart, 8, times(1, 90_000));
    expect(hystart.isOver).toBe(true);
  });

  test('that is over stays over, though the RTT falls', () => {
    const hystart = conservative();
    for (let number = 2; number <= 6; number++) round(hystart, number, times(10, 75_000));
    expect(hystart.isOver).toBe(true);
    round(hystart, 7, times(10, 1000));
    expect([hystart.isOver, hystart.growthDivisor]).toEqual([true, 4]);
  });
});

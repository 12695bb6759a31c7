import { describe, expect, test } from '@jest/globals';
import { ackSample } from '../../test/ack-sample.ts';
import { AckAggregation, deliveryRate, inFlightAtSend, RoundCounter } from './delivery-rate.ts';

describe('deliveryRate, bytes per microsecond', () => {
  test.each([
    ['an ordinary sample', { deliveredBytes: 60_000, deliveryIntervalUs: 50_000 }, 1.2],
    ['nothing delivered', { deliveredBytes: 0, deliveryIntervalUs: 50_000 }, 0],
    ['no interval', { deliveredBytes: 1200, deliveryIntervalUs: 0 }, 0],
    ['an interval shorter than the least RTT', { deliveredBytes: 1200, deliveryIntervalUs: 49_999 }, 0],
  ])('%s', (_what, parts, rate) => {
    expect(deliveryRate(ackSample({ minRttUs: 50_000, ...parts }))).toBe(rate);
  });
});

test('what was in flight has been delivered or lost since', () => {
  const sample = ackSample({ deliveredTotalBytes: 100_000, deliveredAtSendBytes: 70_000, lostBytes: 6000 });
  expect(inFlightAtSend(sample)).toBe(36_000);
});

test('a round ends with the first packet sent after it began', () => {
  const round = new RoundCounter();
  const starts = [
    [0, 1200],
    [0, 2400],
    [1199, 3600],
    [1200, 4800],
    [2400, 6000],
    [4800, 7200],
  ].map(([deliveredAtSendBytes, deliveredTotalBytes]) => {
    round.onAck(
      ackSample({ deliveredAtSendBytes: deliveredAtSendBytes!, deliveredTotalBytes: deliveredTotalBytes! }),
    );
    return round.isStart;
  });
  expect(starts).toEqual([true, false, false, true, false, true]);
  expect(round.count).toBe(3);
});

describe('AckAggregation', () => {
  test('counts what arrives beyond the bandwidth, for ten rounds', () => {
    const aggregation = new AckAggregation();
    aggregation.restart(0);
    // 1 byte a microsecond: 10,000 are expected after 10 ms, and 30,000 arrive.
    aggregation.onAck(ackSample({ nowUs: 1, ackedBytes: 1000 }), 1, 0, 1e6, 10);
    aggregation.onAck(ackSample({ nowUs: 500, ackedBytes: 20_000 }), 1, 0, 1e6, 10);
    expect(aggregation.extraBytes).toBe(21_000 - 499);
    for (let i = 1; i <= 10; i++) {
      aggregation.onAck(ackSample({ nowUs: i * 50_000, ackedBytes: 1200 }), 1, i, 1e6, 10);
    }
    expect(aggregation.extraBytes).toBe(21_000 - 499);
    aggregation.onAck(ackSample({ nowUs: 600_000, ackedBytes: 1200 }), 1, 11, 1e6, 10);
    expect(aggregation.extraBytes).toBeLessThan(2400);
  });

  test('never exceeds the window', () => {
    const aggregation = new AckAggregation();
    aggregation.onAck(ackSample({ nowUs: 1, ackedBytes: 90_000 }), 1, 0, 12_000, 10);
    expect(aggregation.extraBytes).toBe(12_000);
  });
});

import { describe, expect, test } from '@jest/globals';
import { ackSample } from '../test/ack-sample.ts';
import { Bbr } from './bbr/bbr.ts';
import { CONTROLLER_NAMES, controllerByName } from './options.ts';
import { longPathInitialWindow, LongPathStart } from './long-path.ts';

const MTU = 1200;
const IW = 12_000;

/** Acknowledge `bytes`, sent evenly from `sentUs` on over `leftUs`, arriving from `atUs` on over `arrivedUs`. */
function arrive(
  start: LongPathStart,
  bytes: number,
  [sentUs, leftUs]: readonly [number, number],
  [atUs, arrivedUs]: readonly [number, number],
  minRttUs = 600_000,
): void {
  for (let i = 0; i <= 20; i++) {
    const share = i / 20;
    const sample = {
      nowUs: atUs + arrivedUs * share,
      newestSentUs: sentUs + leftUs * share,
      ackedBytes: i === 0 ? 0 : bytes / 20,
      minRttUs,
    };
    start.onAck(ackSample(sample), MTU, true);
  }
}

describe('the first window', () => {
  test.each([
    [1000, 1],
    [100_000, 1],
    [250_000, 2.5],
    [600_000, 6],
    [1_200_000, 6],
  ])('at a round trip of %i µs is %f times the initial window', (minRttUs, times) => {
    expect(longPathInitialWindow(MTU, minRttUs)).toBe(times * IW);
  });

  test('leaves at the rate of that window per 100 ms, twice', () => {
    const start = new LongPathStart(2, true);
    start.onAck(ackSample({ minRttUs: 300_000 }), MTU, false);
    expect(start.windowBytes).toBe(3 * IW);
    expect(start.pacingRate).toBe(2 * 3 * IW * 10);
  });

  test('of a short path that answered late at first sets no pace for what follows', () => {
    const start = new LongPathStart(2, true);
    start.onAck(ackSample({ minRttUs: 130_000 }), MTU, true);
    expect(start.pacingRate).toBeGreaterThan(0);
    start.onAck(ackSample({ minRttUs: 300 }), MTU, true);
    expect([start.pacingRate, start.windowBytes]).toEqual([0, 0]);
  });

  test.each(CONTROLLER_NAMES)('%s has it only where the path is long and it is wanted', (name) => {
    const windowAfter = (minRttUs: number, longPaths: boolean): number => {
      const controller = controllerByName(name, { longPaths })({ mtuBytes: MTU, nowUs: 0 });
      const rtt = { latestRttUs: minRttUs, smoothedRttUs: minRttUs, minRttUs };
      controller.onAck(ackSample({ ...rtt, ackedBytes: 1, windowUnused: true, appLimited: true }));
      return controller.windowBytes;
    };
    expect(windowAfter(600_000, true)).toBe(6 * IW);
    expect(windowAfter(600_000, false)).toBe(windowAfter(90_000, true));
    expect(windowAfter(90_000, true)).toBeLessThanOrEqual(IW + 1);
  });
});

describe('what arrives within 100 ms', () => {
  test('proves a rate: the next window is twice what that carries in a round trip', () => {
    const start = new LongPathStart(2, true);
    arrive(start, 72_000, [0, 50_000], [600_000, 50_000]);
    expect(start.windowBytes).toBe(2 * 6 * 72_000);
  });

  test('proves no more than the rate at which it was sent: compressed acknowledgements change nothing', () => {
    const start = new LongPathStart(2, true);
    arrive(start, 72_000, [0, 400_000], [900_000, 10_000]);
    // 72 kB in 400 ms are 18 kB in 100 ms.
    expect(start.windowBytes).toBe(2 * 6 * 18_000);
  });

  test('raises nothing if it did not test the window', () => {
    const start = new LongPathStart(2, true);
    for (let i = 0; i < 10; i++) start.onAck(ackSample({ minRttUs: 600_000, ackedBytes: 7200 }), MTU, false);
    expect(start.windowBytes).toBe(6 * IW);
  });

  test('when it arrives at a third of the rate it left with, that third is the capacity, and start-up ends', () => {
    const start = new LongPathStart(2, true);
    // 3 MB that left within 40 ms arrive at 25 bytes a microsecond.
    arrive(start, 3_000_000, [0, 40_000], [600_000, 120_000]);
    expect(start.capacity).toBeCloseTo(25, 6);
    expect(start.windowBytes).toBe(25 * 600_000);
    expect(start.pacingRate).toBe(0);
    arrive(start, 9_000_000, [700_000, 90_000], [1_300_000, 90_000]);
    expect(start.windowBytes).toBe(25 * 600_000);
  });

  test.each([
    ['25 ms later than it left still proves', 25_000, 2 * 6 * 24_000],
    ['more than 25 ms later proves no', 25_001, 6 * IW],
  ])('%s rate', (_name, queuedUs, windowBytes) => {
    const start = new LongPathStart(2, true);
    const ack = (newestSentUs: number, nowUs: number, ackedBytes: number): void =>
      start.onAck(ackSample({ minRttUs: 600_000, newestSentUs, nowUs, ackedBytes }), MTU, true);
    ack(0, 600_000, 0);
    ack(40_000, 640_000 + queuedUs, 24_000);
    expect(start.windowBytes).toBe(windowBytes);
  });

  test('a path that stops for 60 ms and then delivers all at once is not full', () => {
    const start = new LongPathStart(2, true);
    const ack = (sentUs: number, nowUs: number): void =>
      start.onAck(
        ackSample({ minRttUs: 600_000, newestSentUs: sentUs, nowUs, ackedBytes: 12_000 }),
        MTU,
        true,
      );
    ack(0, 600_000);
    ack(10_000, 670_000);
    for (let sentUs = 20_000; sentUs <= 90_000; sentUs += 10_000) ack(sentUs, 671_000 + sentUs / 10);
    ack(105_000, 705_000);
    expect(start.capacity).toBe(0);
    // What grew came from 109 kB that left, and arrived, within 100 ms.
    expect(start.windowBytes).toBe(2 * 6 * 9 * 12_000);
  });
});

test('BBR takes a capacity that a long path has shown, and stops starting up', () => {
  const bbr = new Bbr({ mtuBytes: MTU, nowUs: 0, seed: 1 });
  const rtt = { latestRttUs: 600_000, smoothedRttUs: 600_000, minRttUs: 600_000 };
  let deliveredTotalBytes = 0;
  const ack = (sentUs: number, nowUs: number, ackedBytes: number, inFlightBytes: number): void => {
    deliveredTotalBytes += ackedBytes;
    const rates = { deliveredBytes: ackedBytes, deliveryIntervalUs: 600_000, deliveredAtSendBytes: 0 };
    const flight = { ackedBytes, inFlightBytes, priorInFlightBytes: inFlightBytes + ackedBytes };
    bbr.onAck(ackSample({ ...rtt, ...rates, ...flight, newestSentUs: sentUs, nowUs, deliveredTotalBytes }));
  };
  for (let i = 0; i <= 12; i++) ack(i * 3000, 600_000 + i * 10_000, 100_000, 7_000_000);
  expect(bbr.inSlowStart).toBe(false);
  // 10 bytes a microsecond for 600 ms; the pace is that, less one per cent.
  expect(bbr.windowBytes).toBeGreaterThanOrEqual(6_000_000);
  expect(bbr.pacingRate / 10_000_000).toBeCloseTo(0.99, 1);
});

test('a path that proves short after a late first answer is started like any other', () => {
  const start = new LongPathStart(2, true);
  start.onAck(ackSample({ minRttUs: 150_000 }), MTU, true);
  expect(start.windowBytes).toBe(1.5 * IW);
  start.onAck(ackSample({ minRttUs: 20_000 }), MTU, true);
  expect([start.windowBytes, start.pacingRate]).toEqual([0, 0]);
});

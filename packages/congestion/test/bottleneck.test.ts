import { describe, expect, test } from '@jest/globals';
import { CONTROLLER_NAMES, controllerByName } from '../src/options.ts';
import { fairness, run, type FlowReport, type Path } from './bottleneck.ts';

const SECOND = 1_000_000;
/** 10 Mbit/s; with an RTT of 40 ms the path holds 50,000 bytes. */
const path: Path = { bytesPerSecond: 1_250_000, bufferBytes: 50_000 };
const RTT_US = 40_000;

function alone(
  name: string,
  on: Path,
  rttUs: number,
  seconds: number,
  more = {},
): FlowReport & { utilisation: number } {
  const [report] = run(on, [{ factory: controllerByName(name), rttUs, ...more }], seconds * SECOND);
  expect(report!.faults).toEqual([]);
  return { ...report!, utilisation: report!.deliveredBytes / (on.bytesPerSecond * seconds) };
}

/** Bytes delivered between two times, given in seconds. */
const between = (report: FlowReport, from: number, to: number): number =>
  report.deliveredTrace[to * 10]! - report.deliveredTrace[from * 10]!;

describe('one flow fills the path', () => {
  const fast: Path = { bytesPerSecond: 12_500_000, bufferBytes: 500_000 };
  const shallow: Path = { bytesPerSecond: 1_250_000, bufferBytes: 12_500 };
  const near: Path = { bytesPerSecond: 12_500_000, bufferBytes: 50_000 };
  const satellite: Path = { bytesPerSecond: 2_500_000, bufferBytes: 1_500_000 };
  const marking: Path = { ...path, markAboveBytes: 12_500 };

  test.each([
    ['newreno', '10 Mbit/s, 40 ms', path, 40_000, 20, 0.97],
    ['newreno', '100 Mbit/s, 40 ms', fast, 40_000, 8, 0.95],
    ['newreno', 'a quarter of the path as buffer', shallow, 40_000, 20, 0.8],
    ['newreno', '100 Mbit/s, 1 ms', near, 1000, 3, 0.98],
    ['newreno', '20 Mbit/s, 600 ms', satellite, 600_000, 30, 0.8],
    ['newreno', 'marks above 10 ms', marking, 40_000, 20, 0.85],
    ['cubic', '10 Mbit/s, 40 ms', path, 40_000, 20, 0.97],
    ['cubic', '100 Mbit/s, 40 ms', fast, 40_000, 8, 0.95],
    ['cubic', 'a quarter of the path as buffer', shallow, 40_000, 20, 0.92],
    ['cubic', '100 Mbit/s, 1 ms', near, 1000, 3, 0.98],
    ['cubic', '20 Mbit/s, 600 ms', satellite, 600_000, 30, 0.8],
    ['cubic', 'marks above 10 ms', marking, 40_000, 20, 0.93],
    ['bbr', '10 Mbit/s, 40 ms', path, 40_000, 20, 0.93],
    ['bbr', '100 Mbit/s, 40 ms', fast, 40_000, 8, 0.9],
    ['bbr', 'a quarter of the path as buffer', shallow, 40_000, 20, 0.92],
    ['bbr', '100 Mbit/s, 1 ms', near, 1000, 3, 0.95],
    ['bbr', '20 Mbit/s, 600 ms', satellite, 600_000, 30, 0.65],
    ['bbr', 'marks above 10 ms', marking, 40_000, 20, 0.9],
    ['prague', '10 Mbit/s, 40 ms', path, 40_000, 20, 0.95],
    ['prague', '100 Mbit/s, 1 ms', near, 1000, 3, 0.95],
  ])('%s, %s', (name, _what, on, rttUs, seconds, least) => {
    const report = alone(name, on, rttUs, seconds);
    expect(report.utilisation).toBeGreaterThan(least);
    expect(report.utilisation).toBeLessThanOrEqual(1);
    expect(report.lostBytes / report.deliveredBytes).toBeLessThan(0.08);
  });
});

test.each(CONTROLLER_NAMES)('%s: two flows share fairly, the later one too', (name) => {
  const factory = controllerByName(name);
  const flows = run(
    path,
    [
      { factory, rttUs: RTT_US },
      { factory, rttUs: RTT_US, startUs: 3 * SECOND },
    ],
    40 * SECOND,
  );
  const shares = flows.map((flow) => between(flow, 15, 39));
  expect(fairness(shares)).toBeGreaterThan(0.9);
  expect((shares[0]! + shares[1]!) / (path.bytesPerSecond * 24)).toBeGreaterThan(0.9);
});

test.each([
  ['cubic', 'newreno'],
  ['cubic', 'bbr'],
])('%s and %s live together', (one, other) => {
  const on = { bytesPerSecond: 2_500_000, bufferBytes: 100_000 };
  const flows = run(
    on,
    [one, other].map((name) => ({ factory: controllerByName(name), rttUs: RTT_US })),
    30 * SECOND,
  );
  for (const flow of flows) expect(flow.deliveredBytes).toBeGreaterThan(0.25 * on.bytesPerSecond * 30);
});

describe('a path that slows to a fifth', () => {
  test.each(CONTROLLER_NAMES)('%s follows and still fills it', (name) => {
    const later = { fromUs: 10 * SECOND, bytesPerSecond: 250_000 };
    const report = alone(name, { ...path, later }, RTT_US, 30);
    expect(between(report, 15, 29) / (later.bytesPerSecond * 14)).toBeGreaterThan(0.85);
    expect(report.lostBytes / report.deliveredBytes).toBeLessThan(0.06);
  });
});

describe('an application that offers a quarter of the path', () => {
  test.each(CONTROLLER_NAMES)('%s delivers it and lets the window be', (name) => {
    const report = alone(name, path, RTT_US, 20, { bytesPerSecond: 312_500 });
    expect(report.utilisation).toBeGreaterThan(0.24);
    expect(report.lostBytes).toBe(0);
    // A quarter of the path needs 12,500 bytes in flight, and no window may grow far beyond what was tested: BBR's
    // follows the bandwidth that the first burst showed, twice that product at most.
    expect(Math.max(...report.windowTrace)).toBeLessThan(name === 'bbr' ? 100_000 : 50_000);
  });
});

describe('a pause of ten seconds', () => {
  test.each(CONTROLLER_NAMES)('%s resumes without a burst of losses, and within two seconds', (name) => {
    const report = alone(name, path, RTT_US, 30, { pauseUs: [10 * SECOND, 20 * SECOND] });
    expect(between(report, 11, 19)).toBe(0);
    expect(between(report, 22, 29) / (path.bytesPerSecond * 7)).toBeGreaterThan(0.85);
    if (name !== 'bbr') expect(report.windowTrace[201]).toBeLessThan(48_000);
  });
});

describe('BBR', () => {
  test('keeps the queue short where CUBIC fills it', () => {
    const deep = { ...path, bufferBytes: 200_000 };
    const bbr = alone('bbr', deep, RTT_US, 20);
    const cubic = alone('cubic', deep, RTT_US, 20);
    expect(bbr.lateRttUs).toBeLessThan(1.3 * RTT_US);
    expect(cubic.lateRttUs).toBeGreaterThan(2 * RTT_US);
  });

  test('takes one percent of random loss for what it is', () => {
    const lossy = { ...path, loseOneIn: 100 };
    const bbr = alone('bbr', lossy, RTT_US, 20);
    const cubic = alone('cubic', lossy, RTT_US, 20);
    expect(bbr.utilisation).toBeGreaterThan(0.7);
    expect(bbr.utilisation).toBeGreaterThan(2 * cubic.utilisation);
  });

  test('empties the queue every five seconds to see the path, for a fifth of one', () => {
    const bbr = alone('bbr', path, RTT_US, 21);
    const low = bbr.windowTrace
      .map((windowBytes, i) => (i > 20 && windowBytes <= 27_000 ? i : 0))
      .filter((i) => i > 0);
    // Indices of runs of tenths with half the path in flight.
    const starts = low.filter((i) => !low.includes(i - 1));
    expect(starts).toHaveLength(4);
    for (let i = 1; i < starts.length; i++) {
      expect(starts[i]! - starts[i - 1]!).toBeGreaterThanOrEqual(50);
      expect(starts[i]! - starts[i - 1]!).toBeLessThanOrEqual(56);
    }
    expect(low.length).toBeLessThanOrEqual(12);
  });

  test('finds new bandwidth within seconds', () => {
    const later = { fromUs: 10 * SECOND, bytesPerSecond: 5_000_000 };
    const report = alone('bbr', { ...path, bufferBytes: 200_000, later }, RTT_US, 25);
    expect(between(report, 20, 24) / (later.bytesPerSecond * 4)).toBeGreaterThan(0.8);
  });
});

describe('Prague on a queue that marks above a millisecond', () => {
  test.each([
    ['10 Mbit/s, 40 ms', 1_250_000, 40_000, 3000, 15],
    ['50 Mbit/s, 20 ms', 6_250_000, 20_000, 6250, 15],
    ['100 Mbit/s, 5 ms', 12_500_000, 5000, 12_500, 8],
  ])(
    '%s: fills the path, loses nothing, hardly waits',
    (_what, bytesPerSecond, rttUs, markAboveBytes, seconds) => {
      const report = alone(
        'prague',
        { bytesPerSecond, bufferBytes: 250_000, markAboveBytes },
        rttUs,
        seconds,
      );
      expect(report.utilisation).toBeGreaterThan(0.88);
      expect(report.lostBytes).toBe(0);
      expect(report.lateRttUs - rttUs).toBeLessThan(3000);
    },
  );
});

describe('careful resume on a path of 600 ms', () => {
  const resume = { rttUs: 600_000, windowBytes: 1_500_000 };
  const on = { bytesPerSecond: 2_500_000, bufferBytes: 500_000 };

  test.each(CONTROLLER_NAMES)('%s delivers ten times what an ordinary start does in two seconds', (name) => {
    const [fresh, resumed] = [{ longPaths: false }, { resume }].map((parameters) => {
      const factory = controllerByName(name, parameters);
      return run(on, [{ factory, rttUs: 600_000 }], 2.5 * SECOND)[0]!;
    });
    expect(between(resumed!, 0, 2)).toBeGreaterThan(10 * between(fresh!, 0, 2));
    expect(resumed!.lostBytes).toBe(0);
  });

  test.each(CONTROLLER_NAMES)('%s retreats when the path is a tenth of what it was', (name) => {
    const narrow = { bytesPerSecond: 250_000, bufferBytes: 30_000 };
    const [report] = run(
      narrow,
      [{ factory: controllerByName(name, { resume }), rttUs: 600_000 }],
      30 * SECOND,
    );
    // The jump of 750,000 bytes is lost once, and not again.
    expect(report!.lostBytes).toBeLessThan(1_000_000);
    expect(between(report!, 10, 29) / (narrow.bytesPerSecond * 19)).toBeGreaterThan(0.35);
  });
});

test.each(CONTROLLER_NAMES)('%s: the same run twice is the same', (name) => {
  const first = alone(name, { ...path, loseOneIn: 500 }, RTT_US, 5);
  const second = alone(name, { ...path, loseOneIn: 500 }, RTT_US, 5);
  expect(first.windowTrace).toEqual(second.windowTrace);
});

import { describe, expect, test } from '@jest/globals';
import { ackSample, congestionEvent } from '../test/ack-sample.ts';
import { Cubic } from './cubic.ts';
import { cubicWindow, secondsToPlateau } from './cubic-curve.ts';

const create = (fastConvergence = true): Cubic => new Cubic({ mtuBytes: 1200, nowUs: 0 }, fastConvergence);

/** A controller whose window was `packets` of 1200 bytes when a loss at one second reduced it. */
function reducedFrom(packets: number, cubic = create()): Cubic {
  cubic.onAck(ackSample({ ackedBytes: packets * 1200 - cubic.windowBytes }));
  cubic.onCongestion(congestionEvent());
  return cubic;
}

/** Acknowledge a window each round trip from 1.05 s on, packet by packet, and stop at `untilUs`. */
function acknowledge(cubic: Cubic, untilUs: number, rttUs: number, fromUs = 1_050_000): void {
  for (let nowUs = fromUs; nowUs <= untilUs;) {
    cubic.onAck(ackSample({ nowUs, newestSentUs: nowUs - 10, smoothedRttUs: rttUs }));
    nowUs += (rttUs * 1200) / cubic.windowBytes;
  }
}

describe('the curve', () => {
  // K = cbrt((W_max - cwnd) / C) and W(t) = C (t - K)³ + W_max with C = 0.4, worked out with 40 digits elsewhere.
  test.each([
    [100, 70, 1200, 4.217163326509, [84000.0, 104016.9166, 117569.6095, 212824.7989, 83438803.2229]],
    [1000, 700, 1452, 9.085602964161, [1016400.0, 1144981.9964, 1286112.6611, 1452444.0491, 78108400.4806]],
    [12, 8.4, 1200, 2.080083823052, [10080.0, 13795.1974, 14435.541, 252853.1109, 93280756.5499]],
    [
      50000,
      35000,
      1500,
      33.471647504108,
      [52500000.0, 54456983.1704, 57174399.3055, 67241424.8088, 86201652.3304],
    ],
  ])('from %i packets at %f: K and W at 0, 1, 2.5, 10 and 60 seconds', (plateau, start, mtu, k, windows) => {
    const seconds = secondsToPlateau(plateau * mtu, start * mtu, mtu);
    expect(seconds).toBeCloseTo(k, 10);
    [0, 1, 2.5, 10, 60].forEach((at, i) => {
      expect(cubicWindow(at, seconds, plateau * mtu, mtu)).toBeCloseTo(windows[i]!, 2);
    });
  });

  test('a window at or above the plateau is there already', () => {
    expect(secondsToPlateau(120_000, 120_000, 1200)).toBe(0);
    expect(secondsToPlateau(120_000, 130_000, 1200)).toBe(0);
  });
});

describe('multiplicative decrease', () => {
  test('leaves seven tenths, at least two packets', () => {
    expect(reducedFrom(100).windowBytes).toBe(84_000);
    const cubic = create();
    for (let round = 1; round < 20; round++) {
      cubic.onCongestion(congestionEvent({ nowUs: round * 1e6, sentUs: round * 1e6 - 1 }));
    }
    expect(cubic.windowBytes).toBe(2400);
  });

  test('a mark counts like a loss, and both once a round', () => {
    const cubic = create();
    cubic.onCongestion(congestionEvent({ lostBytes: 0, cePackets: 1 }));
    cubic.onCongestion(congestionEvent({ nowUs: 1_001_000, sentUs: 1_000_000 }));
    expect(cubic.windowBytes).toBe(8400);
  });
});

describe('congestion avoidance on a long path', () => {
  // With an RTT of 200 ms the curve outruns Reno: from 1000 packets, K = cbrt(300 / 0.4) s = 9.0856 s.
  const PLATEAU_S = 9.085602964161;

  test.each([1, 3, 6, 9, 12])('follows the curve after %i seconds', (seconds) => {
    const cubic = reducedFrom(1000);
    acknowledge(cubic, 1_050_000 + seconds * 1e6, 200_000);
    const aheadOf = (s: number): number => (0.4 * (s - PLATEAU_S) ** 3 + 1000) * 1200;
    // Growth aims at the window one RTT ahead, so it lies between now and then.
    expect(cubic.windowBytes).toBeGreaterThan(aheadOf(seconds - 0.2) - 1200);
    expect(cubic.windowBytes).toBeLessThan(aheadOf(seconds + 0.2) + 1200);
  });

  test('grows by half a window a round at most', () => {
    const cubic = reducedFrom(1000);
    acknowledge(cubic, 2_000_000, 200_000);
    const before = cubic.windowBytes;
    // After a minute the curve is far away; a whole window is acknowledged at once.
    cubic.onAck(ackSample({ nowUs: 61e6, newestSentUs: 60e6, ackedBytes: before, smoothedRttUs: 200_000 }));
    expect(cubic.windowBytes).toBe(Math.floor(before * 1.5));
  });
});

describe('the Reno-friendly region', () => {
  test('grows as AIMD with the same average would: 9/17 of a packet per window', () => {
    // RTT 5 ms and 20 packets: the curve is flat for more than a second, AIMD is not. α = 3 · 0.3 / 1.7.
    const cubic = reducedFrom(20);
    expect(cubic.windowBytes).toBe(16_800);
    acknowledge(cubic, 1_050_000 + 5 * 5000, 5000);
    expect(cubic.windowBytes / 1200).toBeCloseTo(14 + 5 * (9 / 17), 0);
  });

  test('takes a whole packet per window from where the loss was', () => {
    const cubic = reducedFrom(20);
    acknowledge(cubic, 1_050_000 + 12 * 5000, 5000);
    const atLoss = cubic.windowBytes / 1200;
    expect(atLoss).toBeGreaterThan(19.5);
    acknowledge(cubic, 1_050_000 + 22 * 5000, 5000, 1_050_000 + 12 * 5000);
    expect(cubic.windowBytes / 1200 - atLoss).toBeGreaterThan(9);
    expect(cubic.windowBytes / 1200 - atLoss).toBeLessThan(11);
  });
});

describe('fast convergence', () => {
  // Loss at 100, then at 80 packets: the plateau is 80 · (1 + 0.7) / 2 = 68 packets, else 80; from 56 packets that
  // is K = cbrt(12 / 0.4) = 3.107 s or cbrt(24 / 0.4) = 3.915 s away.
  test.each([
    { fast: true, plateau: 68, seconds: 3.107 },
    { fast: false, plateau: 80, seconds: 3.915 },
  ])('$fast: the next plateau is $plateau packets', ({ fast, plateau, seconds }) => {
    const cubic = reducedFrom(100, create(fast));
    while (cubic.windowBytes < 96_000) {
      cubic.onAck(ackSample({ nowUs: 1_500_000, newestSentUs: 1_400_000, smoothedRttUs: 5_000_000 }));
    }
    cubic.onCongestion(congestionEvent({ nowUs: 2_000_000, sentUs: 1_900_000 }));
    expect(Math.abs(cubic.windowBytes / 1200 - 56)).toBeLessThan(0.5);
    acknowledge(cubic, 2_050_000 + seconds * 1e6, 400_000, 2_050_000);
    expect(Math.abs(cubic.windowBytes / 1200 - plateau)).toBeLessThan(1);
  });
});

describe('time that tests nothing does not count', () => {
  test.each(['application-limited', 'silent'])('%s', (kind) => {
    const [busy, paused] = [reducedFrom(1000), reducedFrom(1000)];
    acknowledge(busy, 4e6, 200_000);
    acknowledge(paused, 4e6, 200_000);
    if (kind === 'silent') {
      paused.onSent(4_000_000, 1200, 2400);
      paused.onSent(4_900_000, 1200, 1200);
    } else {
      for (let nowUs = 4_000_000; nowUs <= 4_900_000; nowUs += 50_000) {
        paused.onAck(ackSample({ nowUs, newestSentUs: nowUs - 10, windowUnused: true }));
      }
    }
    expect(paused.windowBytes).toBe(busy.windowBytes);
    acknowledge(busy, 6e6, 200_000, 4e6);
    acknowledge(paused, 6.9e6, 200_000, 4.9e6);
    expect(Math.abs(paused.windowBytes - busy.windowBytes)).toBeLessThan(2400);
  });
});

describe('a spurious loss', () => {
  test('restores the window and the curve', () => {
    const [undisturbed, disturbed] = [reducedFrom(1000), reducedFrom(1000)];
    acknowledge(undisturbed, 4e6, 200_000);
    acknowledge(disturbed, 4e6, 200_000);
    disturbed.onCongestion(congestionEvent({ nowUs: 4e6, sentUs: 3.9e6 }));
    disturbed.onSpuriousLoss(4_010_000);
    expect(disturbed.windowBytes).toBe(undisturbed.windowBytes);
    acknowledge(undisturbed, 8e6, 200_000, 4.02e6);
    acknowledge(disturbed, 8e6, 200_000, 4.02e6);
    expect(disturbed.windowBytes).toBe(undisturbed.windowBytes);
  });

  test('changes nothing once the window is larger, or after a mark', () => {
    const cubic = reducedFrom(20);
    acknowledge(cubic, 1_500_000, 5000);
    const { windowBytes } = cubic;
    expect(windowBytes).toBeGreaterThan(24_000);
    cubic.onSpuriousLoss(1_500_000);
    expect(cubic.windowBytes).toBe(windowBytes);
    cubic.onCongestion(congestionEvent({ nowUs: 2e6, sentUs: 1.9e6, lostBytes: 0, cePackets: 1 }));
    cubic.onSpuriousLoss(2_010_000);
    expect(cubic.windowBytes).toBe(Math.floor(windowBytes * 0.7));
  });
});

test('after persistent congestion the curve starts on its plateau', () => {
  const cubic = reducedFrom(100);
  cubic.onPersistentCongestion(1_000_000);
  expect(cubic.windowBytes).toBe(2400);
  expect(cubic.inSlowStart).toBe(true);
  cubic.onAck(ackSample({ newestSentUs: 1_000_001, ackedBytes: 84_000 - 2400 }));
  expect(cubic.inSlowStart).toBe(false);
  // No plateau but the present window: the curve is convex at once, W(10 s) = 0.4 · 10³ + 70 packets.
  acknowledge(cubic, 11_000_000, 200_000, 1_000_000);
  expect(cubic.windowBytes / 1200).toBeGreaterThan(0.4 * 9.8 ** 3 + 70 - 3);
  expect(cubic.windowBytes / 1200).toBeLessThan(0.4 * 10.2 ** 3 + 70 + 3);
});

describe('a stage of congestion avoidance begins', () => {
  /** Congestion avoidance from this window on: W(t) = 0.4 t³ above it, in packets. */
  function expectConvexFrom(cubic: Cubic, atUs: number): void {
    const packets = cubic.windowBytes / 1200;
    acknowledge(cubic, atUs + 10_000_000, 200_000, atUs);
    expect(cubic.windowBytes / 1200).toBeGreaterThan(0.4 * 9.8 ** 3 + packets - 3);
    expect(cubic.windowBytes / 1200).toBeLessThan(0.4 * 10.2 ** 3 + packets + 3);
  }

  test('on its plateau when HyStart++ ends slow start without a loss (RFC 9438 §4.10)', () => {
    const cubic = create();
    for (let number = 0; cubic.inSlowStart; number++) {
      for (let i = 0; i < 8; i++) {
        const delivered = { deliveredAtSendBytes: number * 9600, deliveredTotalBytes: (number + 1) * 9600 };
        cubic.onAck(
          ackSample({ ...delivered, latestRttUs: number === 0 ? 50_000 : 90_000, nowUs: 20_000_000 }),
        );
      }
    }
    expectConvexFrom(cubic, 20_000_000);
  });

  test('anew after persistent congestion and after silence', () => {
    const collapsed = reducedFrom(100);
    acknowledge(collapsed, 3_000_000, 200_000);
    collapsed.onPersistentCongestion(3_000_000);
    collapsed.onAck(ackSample({ nowUs: 20_000_000, newestSentUs: 19_900_000, ackedBytes: 84_000 - 2400 }));
    expectConvexFrom(collapsed, 20_000_000);
    const silent = reducedFrom(100);
    silent.onSent(1_000_000, 1200, 1200);
    acknowledge(silent, 21_000_000, 200_000);
    const before = silent.windowBytes;
    expect(before).toBeGreaterThan(120_000 * 1.2);
    silent.onSent(23_000_000, 1200, 1200);
    expect(silent.windowBytes).toBeLessThan(before);
    const missing = Math.max(84_000, Math.floor(before * 0.75)) - silent.windowBytes;
    silent.onAck(ackSample({ nowUs: 23_100_000, newestSentUs: 23_000_000, ackedBytes: missing }));
    expect(silent.inSlowStart).toBe(false);
    expectConvexFrom(silent, 23_100_000);
  });

  test('and what is sent meanwhile takes no time from it', () => {
    const [one, other] = [reducedFrom(1000), reducedFrom(1000)];
    acknowledge(one, 4e6, 200_000);
    acknowledge(other, 4e6, 200_000);
    one.onSent(4_900_000, 1200, 120_000);
    acknowledge(one, 8e6, 200_000, 4.9e6);
    acknowledge(other, 8e6, 200_000, 4.9e6);
    expect(one.windowBytes).toBe(other.windowBytes);
  });
});

test('whole bytes of W_est: a packet of 1200 acknowledged takes 84,000 by 9/17 of a packet per window', () => {
  const cubic = reducedFrom(100);
  cubic.onAck(ackSample({ nowUs: 1_050_000, newestSentUs: 1_040_000, smoothedRttUs: 1 }));
  expect(cubic.windowBytes).toBe(Math.floor(84_000 + ((9 / 17) * 1200 * 1200) / 84_000));
});

test('W_est takes a whole packet per window from where it equals the window before the loss (RFC 9438 §4.3)', () => {
  const cubic = create();
  cubic.onPersistentCongestion(1);
  cubic.onCongestion(congestionEvent());
  // Two packets are the least window, before the loss and after it.
  cubic.onAck(ackSample({ newestSentUs: 1_500_000, ackedBytes: 2400 }));
  expect(cubic.windowBytes).toBe(3600);
});

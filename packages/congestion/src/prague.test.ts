import { describe, expect, test } from '@jest/globals';
import { ackSample, congestionEvent } from '../test/ack-sample.ts';
import { Prague } from './prague.ts';

const create = (): Prague => new Prague({ mtuBytes: 1200, nowUs: 0 });
const mark = (nowUs: number, sentUs: number) =>
  congestionEvent({ nowUs, sentUs, lostBytes: 0, cePackets: 1 });

/** A round of 100 packets of which `marked` are, acknowledged at `number` × 50 ms. */
function round(prague: Prague, number: number, marked: number): void {
  const nowUs = number * 50_000;
  prague.onAck(
    ackSample({
      nowUs,
      newestSentUs: nowUs - 50_000,
      ackedBytes: 120_000,
      ceBytes: marked * 1200,
      deliveredAtSendBytes: (number - 1) * 120_000,
      deliveredTotalBytes: number * 120_000,
      appLimited: true,
    }),
  );
}

test('asks for ECT(1), the identifier of L4S', () => {
  expect(create().ecnCodepoint).toBe(1);
});

describe('the share of marks', () => {
  // α ← α + (F - α) / 16, from 1, for the shares below; worked out by hand as a power of 15/16 and its sums.
  test.each([
    [[100], 1],
    [[50], 0.96875],
    [[50, 0], 0.9082031],
    [[25, 25, 25], 0.25 + 0.75 * (15 / 16) ** 3],
    [[100, ...Array.from({ length: 20 }, () => 0)], (15 / 16) ** 20],
  ])('rounds with %j marks of 100', (marks, share) => {
    const prague = create();
    prague.onCongestion(mark(10, 5));
    marks.forEach((marked, i) => {
      round(prague, i + 1, marked);
    });
    expect(prague.markedShare).toBeCloseTo(share, 6);
  });

  test('rounds shorter than 25 ms count together', () => {
    const prague = create();
    prague.onCongestion(mark(10, 5));
    // Fifty rounds of 1 ms without a mark: one before the clock starts, and one for every 25 ms.
    for (let i = 1; i <= 50; i++) {
      prague.onAck(
        ackSample({
          nowUs: i * 1000,
          newestSentUs: i * 1000 - 1000,
          deliveredAtSendBytes: i * 1200,
          deliveredTotalBytes: (i + 1) * 1200,
          smoothedRttUs: 1000,
          appLimited: true,
        }),
      );
    }
    expect(prague.markedShare).toBeCloseTo((15 / 16) ** 2, 10);
  });
});

describe('a mark', () => {
  test('ends slow start, halving at first', () => {
    const prague = create();
    prague.onCongestion(mark(1_000_000, 900_000));
    expect(prague.windowBytes).toBe(6000);
    expect(prague.inSlowStart).toBe(false);
  });

  test('takes half of the marked share, once a round', () => {
    const prague = create();
    prague.onAck(ackSample({ ackedBytes: 108_000, newestSentUs: 1 }));
    prague.onCongestion(mark(1_000_000, 900_000));
    expect(prague.windowBytes).toBe(60_000);
    for (let i = 21; i <= 30; i++) round(prague, i, 0);
    const share = (15 / 16) ** 10;
    prague.onCongestion(mark(1_500_000, 1_400_000));
    expect(prague.windowBytes).toBe(Math.floor(60_000 * (1 - share / 2)));
    prague.onCongestion(mark(1_510_000, 1_499_999));
    expect(prague.windowBytes).toBe(Math.floor(60_000 * (1 - share / 2)));
  });

  test('does not stop growth by what is not marked', () => {
    const prague = create();
    prague.onCongestion(mark(1_000_000, 900_000));
    // A packet per window: 6000 bytes of which 1200 are marked grow 1200 · 4800 / 6000 = 960 bytes.
    prague.onAck(ackSample({ newestSentUs: 950_000, ackedBytes: 6000, ceBytes: 1200 }));
    expect(prague.windowBytes).toBe(6960);
  });
});

describe('a loss', () => {
  test('halves, stops growth for a round, and can be undone', () => {
    const prague = create();
    prague.onCongestion(congestionEvent());
    expect(prague.windowBytes).toBe(6000);
    prague.onAck(ackSample({ newestSentUs: 999_999, ackedBytes: 6000 }));
    expect(prague.windowBytes).toBe(6000);
    prague.onSpuriousLoss(1_100_000);
    expect(prague.windowBytes).toBe(12_000);
  });

  test('in the round of a mark takes nothing more', () => {
    const prague = create();
    prague.onCongestion(mark(1_000_000, 900_000));
    prague.onCongestion(congestionEvent({ nowUs: 1_010_000, sentUs: 950_000 }));
    expect(prague.windowBytes).toBe(6000);
    prague.onSpuriousLoss(1_020_000);
    expect(prague.windowBytes).toBe(6000);
  });
});

test('a short path gains rate as slowly as one of 25 ms', () => {
  const prague = create();
  prague.onCongestion(mark(1_000_000, 900_000));
  // (5 ms / 25 ms)² of a packet per window: dW = 0.04 · 1200² / W for each packet, which takes W from 6000 to 7200
  // in (7200² - 6000²) / (2 · 57,600) = 137.5 packets.
  for (let i = 0; i < 138; i++) prague.onAck(ackSample({ newestSentUs: 2_000_000, smoothedRttUs: 5000 }));
  expect(Math.abs(prague.windowBytes - 7200)).toBeLessThan(10);
});

test('paces at the window per round trip, twice that in slow start', () => {
  const prague = create();
  prague.onAck(ackSample({ ackedBytes: 0, smoothedRttUs: 50_000 }));
  expect(prague.pacingRate).toBe((2 * 12_000) / 0.05);
  prague.onCongestion(mark(1_000_000, 900_000));
  expect(prague.pacingRate).toBe(6000 / 0.05);
});

test('after silence it paces by the window that is left', () => {
  const prague = create();
  prague.onSent(0, 1200, 1200);
  prague.onAck(ackSample({ ackedBytes: 84_000, newestSentUs: 1, smoothedRttUs: 50_000 }));
  expect(prague.windowBytes).toBe(96_000);
  // Three retransmission timeouts of a second: an eighth of the window is left.
  prague.onSent(3_000_000, 1200, 1200);
  expect(prague.windowBytes).toBe(12_000);
  expect(prague.pacingRate).toBe((2 * 12_000) / 0.05);
});

test('larger packets of the least window raise the rate with it', () => {
  const prague = create();
  prague.onAck(ackSample({ ackedBytes: 0, smoothedRttUs: 50_000 }));
  prague.onPersistentCongestion(1_000_000);
  prague.setMtu(1500);
  expect(prague.pacingRate).toBe((2 * 2 * 1500) / 0.05);
});

test('persistent congestion ends the episode: a loss found later starts another (RFC 9002 §B.8)', () => {
  const prague = create();
  prague.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
  prague.onPersistentCongestion(1_000_000);
  prague.onAck(ackSample({ newestSentUs: 1_000_001, ackedBytes: 9600 }));
  expect(prague.windowBytes).toBe(12_000);
  prague.onCongestion(congestionEvent({ nowUs: 1_100_000, sentUs: 950_000 }));
  expect(prague.windowBytes).toBe(6000);
});

test('a loss of what was sent when marks reduced takes nothing more', () => {
  const prague = create();
  prague.onCongestion(mark(1_000_000, 900_000));
  prague.onCongestion(congestionEvent({ nowUs: 1_010_000, sentUs: 1_000_000 }));
  expect(prague.windowBytes).toBe(6000);
});

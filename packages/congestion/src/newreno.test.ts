import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { ackSample, congestionEvent } from '../test/ack-sample.ts';
import { NewReno } from './newreno.ts';
import { initialWindow, minimumWindow } from './window.ts';

const create = (mtuBytes = 1200): NewReno => new NewReno({ mtuBytes, nowUs: 0 });

/** A controller in congestion avoidance with a window of 12,000 bytes, out of recovery. */
function avoiding(): NewReno {
  const reno = create();
  reno.onAck(ackSample({ ackedBytes: 12_000 }));
  reno.onCongestion(congestionEvent({ nowUs: 1_000_000 }));
  return reno;
}

describe('initial and minimum window', () => {
  // The formula of RFC 9002 §7.2, worked out by hand.
  test.each([
    [1200, 12_000],
    [1252, 12_520],
    [1472, 14_720],
    [1500, 14_720],
    [8000, 16_000],
    [65_527, 131_054],
  ])('a path with packets of %i bytes starts at %i', (mtuBytes, windowBytes) => {
    covers('rfc9002-7.2-1');
    expect(initialWindow(mtuBytes)).toBe(windowBytes);
    expect(create(mtuBytes).windowBytes).toBe(windowBytes);
  });

  test('the minimum is two packets', () => {
    covers('rfc9002-7.2-4');
    expect(minimumWindow(1200)).toBe(2400);
    const reno = create();
    for (let round = 1; round < 10; round++) {
      reno.onCongestion(congestionEvent({ nowUs: round * 1_000_000, sentUs: round * 1_000_000 - 1 }));
    }
    expect(reno.windowBytes).toBe(2400);
  });

  test('another packet size keeps the window', () => {
    const reno = create();
    reno.onAck(ackSample({ ackedBytes: 5000 }));
    reno.setMtu(1400);
    expect(reno.windowBytes).toBe(17_000);
  });

  test('a new path starts over with its own packet size', () => {
    const reno = avoiding();
    reno.reset(2_000_000, 1400);
    expect(reno.windowBytes).toBe(14_000);
    expect(reno.inSlowStart).toBe(true);
    reno.onAck(ackSample({ newestSentUs: 1, ackedBytes: 1400 }));
    expect(reno.windowBytes).toBe(15_400);
  });
});

describe('slow start', () => {
  test('grows by what is acknowledged', () => {
    const reno = create();
    reno.onAck(ackSample({ ackedBytes: 1234 }));
    expect(reno.windowBytes).toBe(13_234);
    expect(reno.inSlowStart).toBe(true);
  });

  test('an application-limited ACK grows nothing', () => {
    covers('rfc9002-7.8-1');
    const reno = create();
    reno.onAck(ackSample({ windowUnused: true }));
    expect(reno.windowBytes).toBe(12_000);
    const later = avoiding();
    for (let i = 0; i < 50; i++) later.onAck(ackSample({ newestSentUs: 1_500_000, windowUnused: true }));
    expect(later.windowBytes).toBe(12_000);
  });

  test.each([
    ['loss', congestionEvent()],
    ['a CE mark', congestionEvent({ lostBytes: 0, cePackets: 1 })],
  ])('ends at %s, which starts recovery', (_what, event) => {
    covers('rfc9002-7.3.1-1');
    const reno = create();
    reno.onCongestion(event);
    expect(reno.inSlowStart).toBe(false);
    // An ACK of a packet from before the event changes nothing: this is the recovery period.
    reno.onAck(ackSample({ nowUs: 1_050_000, newestSentUs: 999_999, ackedBytes: 12_000 }));
    expect(reno.windowBytes).toBe(6000);
  });
});

describe('recovery', () => {
  test('halves window and threshold at once', () => {
    covers('rfc9002-7.3.2-1', 'rfc9002-7.3.2-2');
    const reno = create();
    reno.onAck(ackSample({ ackedBytes: 8000 }));
    reno.onCongestion(congestionEvent());
    expect(reno.windowBytes).toBe(10_000);
    // At the threshold and not below it: the next step is one packet per window.
    reno.onAck(ackSample({ newestSentUs: 1_000_001, ackedBytes: 9999 }));
    expect(reno.windowBytes).toBe(10_000);
  });

  test('reduces once for all packets sent before it began', () => {
    const reno = create();
    reno.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    reno.onCongestion(congestionEvent({ nowUs: 1_010_000, sentUs: 999_000 }));
    reno.onCongestion(congestionEvent({ nowUs: 1_020_000, sentUs: 1_000_000, lostBytes: 0, cePackets: 3 }));
    expect(reno.windowBytes).toBe(6000);
    reno.onCongestion(congestionEvent({ nowUs: 1_060_000, sentUs: 1_000_001 }));
    expect(reno.windowBytes).toBe(3000);
  });

  test('is undone when the loss was none', () => {
    const reno = create();
    reno.onCongestion(congestionEvent());
    reno.onSpuriousLoss(1_060_000);
    expect(reno.windowBytes).toBe(12_000);
    expect(reno.inSlowStart).toBe(true);
    reno.onSpuriousLoss(1_070_000);
    expect(reno.windowBytes).toBe(12_000);
  });

  test('is not undone after a mark', () => {
    const reno = create();
    reno.onCongestion(congestionEvent({ lostBytes: 0, cePackets: 1 }));
    reno.onSpuriousLoss(1_060_000);
    expect(reno.windowBytes).toBe(6000);
  });
});

describe('congestion avoidance', () => {
  test.each([1, 7, 100, 1200, 2400, 11_999])(
    'adds at most one packet per window, in ACKs of %i bytes',
    (ackedBytes) => {
      covers('rfc9002-7.3.3-1');
      const reno = avoiding();
      // Each window acknowledged in full allows one packet more.
      let allowed = 12_000;
      let nextAt = 12_000;
      for (let acked = ackedBytes; acked < 250_000; acked += ackedBytes) {
        while (acked >= nextAt) {
          allowed += 1200;
          nextAt += allowed;
        }
        reno.onAck(ackSample({ newestSentUs: 1_500_000, ackedBytes }));
        if (reno.windowBytes > allowed) break;
      }
      expect(reno.windowBytes).toBeLessThanOrEqual(allowed);
      expect(reno.windowBytes).toBeGreaterThanOrEqual(allowed - 1200);
    },
  );
});

test('persistent congestion leaves the minimum and starts slowly', () => {
  covers('rfc9002-7.6.2-5');
  const reno = create();
  reno.onAck(ackSample({ ackedBytes: 38_000 }));
  reno.onCongestion(congestionEvent());
  reno.onPersistentCongestion(1_000_000);
  expect(reno.windowBytes).toBe(2400);
  expect(reno.inSlowStart).toBe(true);
  // Doubling until the threshold of 25,000 bytes, then one packet per window.
  reno.onAck(ackSample({ newestSentUs: 1_000_001, ackedBytes: 22_600 }));
  expect(reno.windowBytes).toBe(25_000);
  expect(reno.inSlowStart).toBe(false);
});

test('steps are of the packet size that the path has now, and begin anew after persistent congestion', () => {
  const reno = avoiding();
  reno.setMtu(1400);
  reno.onAck(ackSample({ newestSentUs: 1_500_000, ackedBytes: 12_000 }));
  expect(reno.windowBytes).toBe(13_400);
  reno.onAck(ackSample({ newestSentUs: 1_500_000, ackedBytes: 13_000 }));
  reno.onPersistentCongestion(2_000_000);
  reno.onAck(ackSample({ newestSentUs: 2_500_000, ackedBytes: 12_000 - 2800 }));
  expect(reno.inSlowStart).toBe(false);
  reno.onAck(ackSample({ newestSentUs: 2_500_000, ackedBytes: 11_999 }));
  expect(reno.windowBytes).toBe(12_000);
});

test('a long path starts faster by default', () => {
  const reno = create();
  reno.onAck(ackSample({ minRttUs: 600_000, latestRttUs: 600_000, ackedBytes: 1, newestSentUs: 1 }));
  expect(reno.windowBytes).toBe(72_000);
});

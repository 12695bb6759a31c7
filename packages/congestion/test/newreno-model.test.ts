import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';
import { controllerByName } from '../src/options.ts';
import { ackSample, congestionEvent } from './ack-sample.ts';
import { averageWindow } from './deterministic-loss.ts';

const SEED = 20_261_129;

/** The pseudocode of RFC 9002 appendix B, with its names. */
class AppendixB {
  congestionWindow: number;
  private ssthresh = Infinity;
  private recoveryStart = 0;
  private readonly maxDatagramSize: number;

  constructor(maxDatagramSize: number) {
    this.maxDatagramSize = maxDatagramSize;
    // §7.2: ten times the maximum datagram size, limited to the larger of 14,720 bytes or twice that size.
    this.congestionWindow = Math.min(10 * maxDatagramSize, Math.max(14_720, 2 * maxDatagramSize));
  }

  /** B.5 */
  onPacketAcked(sentBytes: number, timeSent: number): void {
    if (timeSent <= this.recoveryStart) return;
    if (this.congestionWindow < this.ssthresh) this.congestionWindow += sentBytes;
    else this.congestionWindow += (this.maxDatagramSize * sentBytes) / this.congestionWindow;
  }

  /** B.6, with kLossReductionFactor 0.5 and kMinimumWindow 2 * max_datagram_size */
  onCongestionEvent(now: number, timeSent: number): void {
    if (timeSent <= this.recoveryStart) return;
    this.recoveryStart = now;
    this.ssthresh = this.congestionWindow * 0.5;
    this.congestionWindow = Math.max(this.ssthresh, 2 * this.maxDatagramSize);
  }

  /** B.8 */
  onPersistentCongestion(): void {
    this.congestionWindow = 2 * this.maxDatagramSize;
    this.recoveryStart = 0;
  }
}

const step = fc.record({
  kind: fc.constantFrom('ack', 'ack', 'ack', 'ack', 'ack', 'ack', 'ack', 'ack', 'lose', 'mark', 'persistent'),
  /** How long ago the newest packet that it is about was sent, shares of a round trip. */
  age: fc.double({ min: 0, max: 2, noNaN: true }),
});

test(`NewReno and appendix B agree within two packets (seed ${SEED})`, () => {
  covers('rfc9002-7.3.1-1', 'rfc9002-7.3.2-1', 'rfc9002-7.3.2-2', 'rfc9002-7.3.3-1', 'rfc9002-7.6.2-5');
  fc.assert(
    fc.property(
      fc.constantFrom(1200, 1452, 9000),
      fc.array(step, { minLength: 20, maxLength: 800 }),
      (mtuBytes, steps) => {
        const reno = controllerByName('newreno', { longPaths: false })({ mtuBytes, nowUs: 0 });
        const model = new AppendixB(mtuBytes);
        let nowUs = 1_000_000;
        let worst = 0;
        for (const { kind, age } of steps) {
          nowUs += 5000;
          const sentUs = Math.floor(nowUs - 1 - age * 50_000);
          if (kind === 'ack') {
            reno.onAck(ackSample({ nowUs, newestSentUs: sentUs, ackedBytes: mtuBytes }));
            model.onPacketAcked(mtuBytes, sentUs);
          } else if (kind === 'persistent') {
            reno.onPersistentCongestion(nowUs);
            model.onPersistentCongestion();
          } else {
            const isLoss = kind === 'lose';
            reno.onCongestion(
              congestionEvent({ nowUs, sentUs, lostBytes: isLoss ? mtuBytes : 0, cePackets: isLoss ? 0 : 1 }),
            );
            model.onCongestionEvent(nowUs, sentUs);
          }
          worst = Math.max(worst, Math.abs(reno.windowBytes - model.congestionWindow) / mtuBytes);
        }
        expect(worst).toBeLessThanOrEqual(2);
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});

describe('a loss in every so many packets', () => {
  // RFC 9438 §5.1, table 1, column of standard TCP: the average window in segments, which is √(3/2p).
  test.each([
    [1e-2, 12],
    [1e-3, 38],
    [1e-4, 120],
  ])('%f: an average window of %i segments', (rate, segments) => {
    const average = averageWindow(controllerByName('newreno'), rate, 100_000);
    expect(Math.abs(average / segments - 1)).toBeLessThan(0.03);
  });
});

import { expect, test } from '@jest/globals';
import { ackSample } from '../../test/ack-sample.ts';
import { BackgroundLoss } from './background-loss.ts';

const MTU = 1200;

/** Rounds of 100 packets each, of which so many are lost. */
function play(loss: BackgroundLoss, lostPackets: readonly number[]): number {
  for (const lost of lostPackets) {
    loss.onLost(lost * MTU);
    loss.onAck(ackSample({ ackedBytes: (100 - lost) * MTU }), true, MTU);
  }
  return loss.share;
}

test.each([
  ['nothing before three stretches', [10, 10], 0],
  ['the least of three stretches', [10, 8, 12], 0.08],
  ['nothing once a stretch lost nothing', [10, 8, 12, 0], 0],
  ['nothing when less is lost as soon as less is sent', [50, 30, 0, 0, 40], 0],
  ['the last three stretches only', [10, 8, 12, 11, 13], 0.11],
  ['not more than a fifth', [90, 80, 70], 0.2],
])('%s', (_what, lostPackets, share) => {
  expect(play(new BackgroundLoss(), lostPackets)).toBeCloseTo(share, 12);
});

test('within a round, or after few packets, nothing is judged', () => {
  const loss = new BackgroundLoss();
  for (let i = 0; i < 1000; i++) {
    loss.onLost(MTU);
    loss.onAck(ackSample({ ackedBytes: MTU }), false, MTU);
  }
  expect(loss.share).toBe(0);
});

test('explains what it expects and twice the deviation, and nothing on a path that loses nothing', () => {
  const loss = new BackgroundLoss();
  expect(loss.explainedBytes(1_000_000, MTU)).toBe(0);
  play(loss, [10, 10, 10]);
  // Of 400 packets 40 are expected; their deviation is the square root of that.
  expect(loss.explainedBytes(400 * MTU, MTU) / MTU).toBeCloseTo(40 + 2 * Math.sqrt(40), 9);
});

test.each([
  [63, 0],
  [64, 0.125],
])('of stretches of %i packets, an eighth of them lost, the share is %d', (packets, share) => {
  const loss = new BackgroundLoss();
  for (let i = 0; i < 3; i++) {
    loss.onLost((packets / 8) * MTU);
    loss.onAck(ackSample({ ackedBytes: ((packets * 7) / 8) * MTU }), true, MTU);
  }
  expect(loss.share).toBe(share);
});

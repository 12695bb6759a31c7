import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { RecoveryRig } from '../../test/support/recovery-rig.ts';
import { TransportError } from '../errors/transport-error.ts';
import { Space } from '../packet/levels.ts';

const APP = Space.Application;
const MS = 1000;
const RTT = 100 * MS;

/** A rig with one RTT sample of 100 ms, and packets 1 to `count` sent a millisecond apart from 200 ms on. */
function rigWith(count: number): RecoveryRig {
  const rig = new RecoveryRig();
  rig.send(APP, 0);
  rig.ack(APP, [[0, 0]], RTT);
  for (let i = 1; i <= count; i++) rig.send(APP, 200 * MS + i * MS);
  return rig;
}

describe('loss', () => {
  test('three newer packets make one lost, two do not', () => {
    covers('rfc9002-6.1.1-1');
    const rig = rigWith(4);
    rig.ack(APP, [[3, 3]], 300 * MS);
    expect(rig.lost).toEqual([]);
    rig.ack(APP, [[3, 4]], 301 * MS);
    expect(rig.lost).toEqual([1]);
    expect(rig.controller.events).toEqual([
      { nowUs: 301 * MS, sentUs: 201 * MS, lostBytes: 1000, cePackets: 0, inFlightBytes: 1000 },
    ]);
  });

  test('nine eighths of a round trip after it was sent an older packet is lost', () => {
    covers('rfc9002-6.1.2-1');
    const rig = rigWith(2);
    rig.ack(APP, [[2, 2]], 302 * MS);
    const dueUs = rig.recovery.timerUs(302 * MS);
    expect(dueUs).toBe(201 * MS + (RTT * 9) / 8);
    rig.recovery.onLossTimer(dueUs - 1);
    expect(rig.lost).toEqual([]);
    rig.recovery.onLossTimer(dueUs);
    expect(rig.lost).toEqual([1]);
  });

  test('the timer of a loss stands before that of a probe', () => {
    covers('rfc9002-6.2.1-6');
    const rig = rigWith(2);
    rig.ack(APP, [[2, 2]], 302 * MS);
    const dueUs = rig.recovery.timerUs(302 * MS);
    rig.recovery.onLossTimer(dueUs);
    expect(rig.lost).toEqual([1]);
    expect([rig.pto.total, rig.recovery.timerUs(dueUs)]).toEqual([0, Infinity]);
  });

  test('even when the probe would be due before it', () => {
    covers('rfc9002-6.2.1-6');
    const rig = new RecoveryRig({ confirmed: false });
    // Handshake packets are acknowledged at once: after many equal samples a probe is due in little more than one.
    for (let i = 0; i < 100; i++) {
      const number = rig.send(Space.Handshake, i * 2 * RTT);
      rig.ack(Space.Handshake, [[number, number]], i * 2 * RTT + RTT);
    }
    const sentUs = 300 * RTT;
    rig.send(Space.Handshake, sentUs);
    rig.send(Space.Handshake, sentUs);
    const probeUs = rig.recovery.timerUs(sentUs);
    rig.ack(Space.Handshake, [[101, 101]], sentUs + RTT);
    expect(probeUs).toBeLessThan(sentUs + (RTT * 9) / 8);
    expect(rig.recovery.timerUs(sentUs + RTT)).toBe(sentUs + (RTT * 9) / 8);
  });

  test('losses after the first acknowledged packet count', () => {
    covers('rfc9002-7.4-2', 'rfc9000-13.3-7');
    const rig = rigWith(9);
    rig.ack(
      APP,
      [
        [9, 9],
        [1, 1],
      ],
      302 * MS,
    );
    expect(rig.lost).toEqual([2, 3, 4, 5, 6]);
    expect(rig.controller.events[0]).toMatchObject({ lostBytes: 5000, sentUs: 206 * MS });
  });

  test('packets of one space are not lost by those of another', () => {
    const rig = rigWith(1);
    for (let i = 0; i < 5; i++) rig.send(Space.Handshake, 210 * MS);
    rig.ack(Space.Handshake, [[0, 4]], 310 * MS);
    expect(rig.lost).toEqual([]);
  });

  test('the loss of an MTU probe is no congestion', () => {
    const rig = rigWith(0);
    rig.send(APP, 200 * MS, { probe: true, bytes: 1400 });
    for (let i = 0; i < 3; i++) rig.send(APP, 201 * MS);
    rig.ack(APP, [[2, 4]], 300 * MS);
    expect([rig.lost, rig.controller.events, rig.paths.active.inFlightBytes]).toEqual([[1], [], 0]);
    rig.ack(APP, [[1, 4]], 301 * MS);
    expect([rig.recovery.packetsSpuriouslyLost, rig.controller.spurious]).toEqual([0, 0]);
  });

  test('when everything lost arrives after all the controller may undo', () => {
    const rig = rigWith(8);
    rig.ack(APP, [[5, 8]], 300 * MS);
    expect(rig.lost).toEqual([1, 2, 3, 4]);
    rig.ack(
      APP,
      [
        [5, 8],
        [2, 3],
      ],
      305 * MS,
    );
    expect(rig.controller.spurious).toBe(0);
    rig.ack(APP, [[1, 8]], 306 * MS);
    expect([rig.controller.spurious, rig.recovery.packetsSpuriouslyLost]).toEqual([1, 4]);
    expect(rig.controller.samples.at(-1)!.nowUs).toBe(300 * MS);
  });

  test.each([
    ['was never sent', [[5, 99]]],
    ['was never sent, far beyond', [[2 ** 40, 2 ** 40]]],
  ] as const)('a peer that acknowledges what %s is found out', (_name, ranges) => {
    const rig = rigWith(8);
    expect(() => rig.ack(APP, ranges, 300 * MS)).toThrow(TransportError);
  });

  test('a peer that acknowledges a number left out is found out', () => {
    const rig = new RecoveryRig();
    expect(rig.nextNumber()).toBe(0);
    for (let i = 0; i < 16; i++) rig.send(APP, i);
    expect(rig.nextNumber()).toBe(17);
    rig.send(APP, 20);
    rig.ack(
      APP,
      [
        [17, 17],
        [1, 15],
      ],
      100 * MS,
    );
    expect(() => rig.ack(APP, [[15, 17]], 200 * MS)).toThrow(TransportError);
  });
});

describe('round-trip samples', () => {
  test('need an ack-eliciting packet, newly acknowledged, the largest', () => {
    covers('rfc9002-5.1-2');
    const rig = rigWith(0);
    const { rtt } = rig.paths.active;
    rig.send(APP, 200 * MS, { eliciting: false });
    rig.ack(APP, [[1, 1]], 300 * MS);
    expect(rtt.latestUs).toBe(RTT);
    rig.send(APP, 400 * MS);
    rig.send(APP, 401 * MS);
    rig.ack(APP, [[3, 3]], 461 * MS);
    expect(rtt.latestUs).toBe(60 * MS);
    rig.ack(APP, [[2, 3]], 499 * MS);
    expect(rtt.latestUs).toBe(60 * MS);
  });

  test(`the peer's delay is believed up to its max_ack_delay, once confirmed`, () => {
    covers('rfc9002-5.3-5');
    for (const [confirmed, space, smoothedUs] of [
      [true, APP, RTT + (200 * MS - 25 * MS - RTT) / 8],
      [false, APP, RTT + (200 * MS - 80 * MS - RTT) / 8],
      [true, Space.Handshake, RTT + (200 * MS - RTT) / 8],
    ] as const) {
      const rig = rigWith(0);
      rig.progress.confirmed = confirmed;
      const number = rig.send(space, 300 * MS);
      rig.ack(space, [[number, number]], 500 * MS, { rawDelay: (80 * MS) / 8 });
      expect(rig.paths.active.rtt.smoothedUs).toBe(smoothedUs);
    }
  });
});

describe('persistent congestion', () => {
  /** Packets at these times, in ms, all lost but the last four; PTO is 100 + 4 × 37.5 + 25 = 275 ms. */
  function lose(timesMs: readonly number[], eliciting = true, lastAcked?: number): RecoveryRig {
    const rig = rigWith(0);
    for (const ms of timesMs) rig.send(APP, ms * MS, { eliciting, inFlight: true });
    const first = timesMs.length + 1;
    const lastMs = Math.max(...timesMs);
    for (let i = 0; i < 4; i++) rig.send(APP, (lastMs + 1) * MS);
    if (lastAcked !== undefined) rig.ack(APP, [[lastAcked, lastAcked]], (timesMs[lastAcked - 1]! + 100) * MS);
    rig.ack(APP, [[first, first + 3]], (lastMs + 101) * MS);
    return rig;
  }

  test.each([
    ['long enough', [200, 500, 1026], true, undefined, 1],
    ['too short', [200, 500, 1025], true, undefined, 0],
    ['one acknowledged in between', [200, 500, 1300], true, 2, 0],
    ['packets that elicit nothing', [200, 500, 1300], false, undefined, 0],
  ] as const)('%s', (_name, times, eliciting, acked, declared) => {
    covers('rfc9002-7.6.2-1', 'rfc9002-7.6.2-5');
    expect(lose(times, eliciting, acked).controller.persistent).toBe(declared);
  });

  test('nothing sent before the first sample counts', () => {
    const rig = new RecoveryRig();
    rig.send(APP, 0);
    rig.send(APP, 90_000 * MS);
    for (let i = 0; i < 4; i++) rig.send(APP, 90_001 * MS);
    rig.ack(APP, [[2, 5]], 90_100 * MS);
    expect(rig.lost).toEqual([0, 1]);
    expect(rig.controller.persistent).toBe(0);
  });
});

describe('delivery rate', () => {
  test('samples tell what was delivered over which time, and whether the application held it back', () => {
    const rig = new RecoveryRig();
    // A window that is not half used would count as held back by the application too.
    rig.controller.windowBytes = 10_000;
    rig.send(APP, 0);
    rig.ack(APP, [[0, 0]], RTT);
    for (let i = 1; i <= 10; i++) rig.send(APP, RTT + i * MS);
    rig.ack(APP, [[1, 10]], 2 * RTT + 10 * MS);
    expect(rig.controller.samples.at(-1)).toMatchObject({
      ackedBytes: 10_000,
      deliveredBytes: 10_000,
      deliveredTotalBytes: 11_000,
      deliveryIntervalUs: RTT + 9 * MS,
      priorInFlightBytes: 10_000,
      inFlightBytes: 0,
      appLimited: false,
    });
    rig.paths.active.delivery.markAppLimited(rig.paths.active.inFlightBytes);
    rig.send(APP, 300 * MS);
    rig.ack(APP, [[11, 11]], 400 * MS);
    expect(rig.controller.samples.at(-1)!.appLimited).toBe(true);
    rig.controller.windowBytes = 1000;
    rig.send(APP, 500 * MS);
    rig.ack(APP, [[12, 12]], 600 * MS);
    expect(rig.controller.samples.at(-1)!.appLimited).toBe(false);
  });
});

import { describe, expect, test } from '@jest/globals';
import { ackSample, congestionEvent } from '../test/ack-sample.ts';
import { covers } from '@tsquic/testing';
import type { CongestionController } from './controller.ts';
import { controllerByName } from './options.ts';

/** What each law leaves of the window: RFC 9002 §7.3.2, RFC 9438 §4.6, and Prague's answer to a loss. */
const LAWS = [
  { name: 'newreno', share: 0.5 },
  { name: 'cubic', share: 0.7 },
  { name: 'prague', share: 0.5 },
] as const;

const figures = ({ windowBytes, pacingRate, inSlowStart }: CongestionController): unknown[] => [
  windowBytes,
  pacingRate,
  inSlowStart,
];

describe.each(LAWS)('$name', ({ name, share }) => {
  /** A window of 120,000 bytes in slow start. */
  function create(): CongestionController {
    const controller = controllerByName(name)({ mtuBytes: 1200, nowUs: 0 });
    controller.onAck(ackSample({ ackedBytes: 108_000, newestSentUs: 1 }));
    expect(controller.windowBytes).toBe(120_000);
    return controller;
  }

  test(`reduces once for what was sent up to the reduction ${covers('rfc9002-7.3.2-2')}`, () => {
    const controller = create();
    controller.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    expect(controller.windowBytes).toBe(120_000 * share);
    controller.onCongestion(congestionEvent({ nowUs: 1_010_000, sentUs: 1_000_000 }));
    controller.onCongestion(
      congestionEvent({ nowUs: 1_020_000, sentUs: 1_000_000, lostBytes: 0, cePackets: 1 }),
    );
    expect(controller.windowBytes).toBe(120_000 * share);
    controller.onCongestion(congestionEvent({ nowUs: 1_100_000, sentUs: 1_000_001 }));
    expect(controller.windowBytes).toBe(Math.floor(120_000 * share * share));
  });

  test('grows nothing for ACKs of packets sent up to the start of recovery', () => {
    const controller = create();
    controller.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    controller.onAck(ackSample({ nowUs: 1_050_000, newestSentUs: 1_000_000, ackedBytes: 120_000 }));
    expect(controller.windowBytes).toBe(120_000 * share);
    // Each ACK acknowledges the window twice, so that every law adds a packet.
    controller.onAck(ackSample({ nowUs: 1_060_000, newestSentUs: 1_000_001, ackedBytes: 240_000 }));
    expect(controller.windowBytes).toBeGreaterThan(120_000 * share);
  });

  test('undoes a reduction once, with its threshold of slow start', () => {
    const controller = create();
    controller.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    controller.onSpuriousLoss(1_010_000);
    expect([controller.windowBytes, controller.inSlowStart]).toEqual([120_000, true]);
    controller.onCongestion(
      congestionEvent({ nowUs: 1_100_000, sentUs: 1_050_000, lostBytes: 0, cePackets: 1 }),
    );
    const { windowBytes } = controller;
    expect(windowBytes).toBeLessThan(120_000);
    controller.onSpuriousLoss(1_110_000);
    expect(controller.windowBytes).toBe(windowBytes);
  });

  test('has nothing to undo after persistent congestion', () => {
    const controller = create();
    controller.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    controller.onPersistentCongestion(1_000_000);
    controller.onSpuriousLoss(1_010_000);
    expect(controller.windowBytes).toBe(2400);
  });

  test('after persistent congestion any loss begins an episode, and any ACK grows (RFC 9002 §B.8)', () => {
    const controller = create();
    controller.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    controller.onPersistentCongestion(1_000_000);
    controller.onAck(ackSample({ newestSentUs: 900_000, ackedBytes: 21_600 }));
    expect(controller.windowBytes).toBe(24_000);
    controller.onCongestion(congestionEvent({ nowUs: 1_100_000, sentUs: 950_000 }));
    expect(controller.windowBytes).toBe(24_000 * share);
  });

  test('slow start brings a window that silence has aged back to three quarters of it (RFC 2861 §2)', () => {
    const controller = create();
    controller.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    let nowUs = 1_000_000;
    while (controller.windowBytes < 168_000)
      controller.onAck(
        ackSample({ nowUs: ++nowUs, newestSentUs: nowUs, ackedBytes: controller.windowBytes }),
      );
    const grown = controller.windowBytes;
    controller.onSent(nowUs, 1200, 1200);
    // Two timeouts of a second: a quarter is left.
    controller.onSent(nowUs + 2_000_000, 1200, 1200);
    expect(controller.windowBytes).toBe(Math.floor(grown / 4));
    const missing = Math.floor(grown * 0.75) - controller.windowBytes;
    const later = { nowUs: nowUs + 2_050_000, newestSentUs: nowUs + 2_000_000 };
    controller.onAck(ackSample({ ...later, ackedBytes: missing - 1 }));
    expect(controller.inSlowStart).toBe(true);
    controller.onAck(ackSample({ ...later, ackedBytes: 1 }));
    expect([controller.windowBytes, controller.inSlowStart]).toEqual([Math.floor(grown * 0.75), false]);
  });

  test('on a new path is as a new one', () => {
    const used = create();
    for (let i = 0; i < 40; i++) used.onAck(ackSample({ deliveredTotalBytes: 500_000, ceBytes: 600 }));
    used.onCongestion(congestionEvent());
    used.onAck(ackSample({ nowUs: 1_100_000, newestSentUs: 1_050_000, ackedBytes: 70_000 }));
    used.onSent(1_200_000, 1200, 1200);
    used.reset(5_000_000, 1400);
    const fresh = controllerByName(name)({ mtuBytes: 1400, nowUs: 5_000_000 });
    for (let i = 1; i < 200; i++) {
      const nowUs = 5_000_000 + i * 10_000;
      const sample = ackSample({ nowUs, newestSentUs: nowUs - 50_000, deliveredTotalBytes: i * 1400 });
      for (const controller of [used, fresh]) {
        controller.onSent(nowUs, 1400, i % 50 === 0 ? 1400 : 12_000);
        controller.onAck(sample);
        if (i % 60 === 0) controller.onCongestion(congestionEvent({ nowUs, sentUs: nowUs - 1 }));
        if (i % 90 === 0) controller.onSpuriousLoss(nowUs);
      }
      expect(figures(used)).toEqual(figures(fresh));
    }
  });

  test('later losses of an episode do not lengthen it', () => {
    const controller = create();
    controller.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    controller.onCongestion(congestionEvent({ nowUs: 1_030_000, sentUs: 950_000 }));
    controller.onAck(ackSample({ nowUs: 1_060_000, newestSentUs: 1_010_000, ackedBytes: 240_000 }));
    expect(controller.windowBytes).toBeGreaterThan(120_000 * share);
  });

  test('an undo is used up, whatever silence does to the window afterwards', () => {
    const controller = create();
    controller.onSent(1_000_000, 1200, 1200);
    controller.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    controller.onSpuriousLoss(1_010_000);
    controller.onSent(3_000_000, 1200, 1200);
    expect(controller.windowBytes).toBe(30_000);
    controller.onSpuriousLoss(3_010_000);
    expect(controller.windowBytes).toBe(30_000);
  });

  test('a new path has no silence, no episode and nothing to undo', () => {
    const controller = create();
    controller.onSent(1_000_000, 1200, 1200);
    controller.onCongestion(congestionEvent({ nowUs: 5_000_000, sentUs: 900_000 }));
    controller.reset(5_000_000, 1200);
    controller.onSpuriousLoss(5_000_000);
    expect([controller.windowBytes, controller.pacingRate]).toEqual([12_000, 0]);
    controller.onAck(ackSample({ nowUs: 5_050_000, newestSentUs: 5_000_000, ackedBytes: 12_000 }));
    expect(controller.windowBytes).toBe(24_000);
    controller.onSent(5_060_000, 1200, 1200);
    expect(controller.windowBytes).toBe(24_000);
  });

  test('on a long path, sending ends no start-up, and persistent congestion does', () => {
    const controller = controllerByName(name)({ mtuBytes: 1200, nowUs: 0 });
    const long = { minRttUs: 600_000, latestRttUs: 600_000, smoothedRttUs: 600_000 };
    controller.onAck(ackSample({ ...long, ackedBytes: 1, newestSentUs: 1 }));
    expect(controller.windowBytes).toBe(72_000);
    controller.onSent(1_000_000, 1200, 60_000);
    // What starts up on a long path leaves within 100 ms, twice as fast as that.
    expect(controller.pacingRate).toBe(2 * 720_000);
    controller.onPersistentCongestion(1_000_000);
    controller.onAck(ackSample({ ...long, ackedBytes: 1200, newestSentUs: 2 }));
    expect(controller.windowBytes).toBe(3600);
  });

  test('paces by the window that was set from outside when it is told of an old loss', () => {
    const controller = create();
    controller.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    controller.windowBytes = 24_000;
    controller.onCongestion(congestionEvent({ nowUs: 1_010_000, sentUs: 900_000 }));
    expect(controller.pacingRate).toBe(name === 'prague' ? 24_000 / 0.05 : 0);
    controller.onAck(ackSample({ newestSentUs: 1, smoothedRttUs: 100_000 }));
    expect(controller.pacingRate).toBe(name === 'prague' ? 24_000 / 0.1 : 0);
  });

  test('leaves a window that has come back to where it was as it is', () => {
    const controller = create();
    controller.onCongestion(congestionEvent({ nowUs: 1_000_000, sentUs: 900_000 }));
    controller.windowBytes = 120_000;
    controller.onSpuriousLoss(1_100_000);
    expect([controller.windowBytes, controller.inSlowStart]).toEqual([120_000, false]);
  });
});

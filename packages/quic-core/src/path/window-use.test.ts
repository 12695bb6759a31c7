import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { RecoveryRig } from '../../test/support/recovery-rig.ts';
import { Space } from '../packet/levels.ts';
import { WindowUse } from './window-use.ts';

const APP = Space.Application;
const MS = 1000;

describe('the use of the congestion window', () => {
  test('half of it in flight is use, a byte less is none', () => {
    const use = new WindowUse();
    use.onSent(500);
    expect([999, 1000, 1001].map((windowBytes) => use.isBelowHalf(windowBytes))).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('the most of this round trip or the last counts, and no older', () => {
    const use = new WindowUse();
    for (const inFlightBytes of [300, 900, 600]) use.onSent(inFlightBytes);
    expect(use.recentBytes).toBe(900);
    // The round of what left at the beginning is over; 400 bytes are still on their way.
    use.onAck(0, 1000, 400);
    expect(use.recentBytes).toBe(900);
    // These left in the same round.
    use.onAck(0, 1100, 300);
    use.onAck(999, 1200, 200);
    use.onSent(500);
    expect(use.recentBytes).toBe(900);
    use.onAck(1000, 1300, 100);
    expect(use.recentBytes).toBe(500);
    use.onAck(1300, 1400, 50);
    expect(use.recentBytes).toBe(100);
  });

  test.each([
    [2000, false],
    [2001, true],
  ])(
    'a controller with a window of %i bytes, 1000 of them in flight, hears that it is too large: %s',
    (windowBytes, unused) => {
      covers('rfc9002-7.8-1');
      const rig = new RecoveryRig();
      rig.controller.windowBytes = windowBytes;
      rig.send(APP, 0);
      rig.ack(APP, [[0, 0]], 100 * MS);
      expect(rig.controller.samples.map(({ windowUnused }) => windowUnused)).toEqual([unused]);
    },
  );
});

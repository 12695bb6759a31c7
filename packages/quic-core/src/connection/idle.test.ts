import { describe, expect, test } from '@jest/globals';
import { Idle } from './idle.ts';

describe('Idle', () => {
  test.each([
    [30_000, 10_000, 10_000],
    [10_000, 30_000, 10_000],
    [0, 10_000, 10_000],
    [10_000, 0, 10_000],
    [0, 0, Infinity],
  ])('of %i ms here and %i ms there is %p ms', (here, there, ms) => {
    const idle = new Idle(here, 0, 500);
    idle.onPeerTimeout(there);
    expect(idle.timeoutUs(1000)).toBe(500 + ms * 1000);
  });

  test('restarts with what comes, and with the first that is sent after it', () => {
    const idle = new Idle(1000, 0, 0);
    const at: number[] = [];
    const note = (): number => at.push(idle.timeoutUs(1) / 1000 - 1000);
    idle.onElicitingSent(10_000);
    note();
    idle.onElicitingSent(20_000);
    note();
    idle.onReceived(30_000);
    note();
    idle.onElicitingSent(40_000);
    note();
    idle.onElicitingSent(50_000);
    note();
    expect(at).toEqual([10, 10, 30, 40, 40]);
  });

  test('lasts three probe timeouts at least', () => {
    expect(new Idle(1, 0, 0).timeoutUs(1_000_000)).toBe(3_000_000);
  });

  test('keep-alive waits for its interval after every packet, and for one PING at a time', () => {
    const idle = new Idle(30_000, 1000, 0);
    expect(idle.keepAliveTimeUs(false, 1000)).toBe(1_000_000);
    idle.pingPending = true;
    expect(idle.keepAliveTimeUs(false, 1000)).toBe(Infinity);
    idle.onElicitingSent(1_000_000);
    idle.onElicitingSent(1_500_000);
    expect(idle.pingPending).toBe(false);
    expect(idle.keepAliveTimeUs(false, 1000)).toBe(2_500_000);
    idle.onReceived(3_000_000);
    expect(idle.keepAliveTimeUs(false, 1000)).toBe(4_000_000);
    expect(new Idle(30_000, 0, 0).keepAliveTimeUs(false, 1000)).toBe(Infinity);
  });

  test.each([
    [30_000, 10_000, 1000, 10_000],
    [30_000, 29_000, 1000, 15_000],
    [30_000, 60_000, 1000, 15_000],
    [1000, 60_000, 1_000_000, 1500],
    [0, 60_000, 1000, 60_000],
    [30_000, 0, 1000, Infinity],
  ])(
    'of a timeout of %i ms and an interval of %i ms, with a probe timeout of %i µs, a PING is due after %p ms',
    (timeoutMs, keepAliveMs, ptoUs, ms) => {
      const idle = new Idle(600_000, keepAliveMs, 0);
      if (timeoutMs === 0) expect(new Idle(0, keepAliveMs, 0).keepAliveTimeUs(false, ptoUs)).toBe(ms * 1000);
      else {
        idle.onPeerTimeout(timeoutMs);
        expect(idle.keepAliveTimeUs(false, ptoUs)).toBe(ms * 1000);
      }
    },
  );

  test.each([
    [30_000, 0, 10_000],
    [30_000, 4000, 4000],
    [30_000, 12_000, 10_000],
    [0, 0, Infinity],
    [0, 5000, 5000],
  ])(
    'who waits for credit is heard in time: timeout %i ms, keep-alive %i ms',
    (timeoutMs, keepAliveMs, ms) => {
      const idle = new Idle(timeoutMs, keepAliveMs, 0);
      idle.onElicitingSent(500);
      expect(idle.keepAliveTimeUs(true, 1000)).toBe(500 + ms * 1000);
    },
  );
});

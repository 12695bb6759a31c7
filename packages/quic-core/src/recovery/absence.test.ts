import { describe, expect, test } from '@jest/globals';
import { createAckSample } from '@tsquic/congestion';
import { Absence } from './absence.ts';

const PTO = 200_000;

describe('absence of the program', () => {
  test('a program that comes in time, or nearly, was not away', () => {
    const absence = new Absence();
    expect(absence.look(1_000_000, PTO, 1_000_000)).toBe(false);
    expect(absence.look(1_000_000, PTO, 1_200_000)).toBe(false);
    expect(absence.endUs).toBe(-Infinity);
  });

  test.each([600_000, 25_000_000, 600_000_000])('%i µs are noticed once', (awayUs) => {
    const absence = new Absence();
    const nowUs = 1_000_000 + awayUs;
    expect(absence.look(1_000_000, PTO, nowUs)).toBe(true);
    expect(absence.endUs).toBe(nowUs);
    // The timer that was missed stays due until it has run.
    expect(absence.look(1_000_000, PTO, nowUs + 10)).toBe(false);
    expect(absence.endUs).toBe(nowUs);
  });

  test('what the path itself may take is no absence', () => {
    expect(new Absence().look(0, 3_000_000, 2_000_000)).toBe(false);
  });

  test('a program that has just run was not away, however long ago the time is that it was told to run at', () => {
    const absence = new Absence();
    absence.look(Infinity, PTO, 9_999_000);
    expect(absence.look(0, PTO, 10_000_000)).toBe(false);
    expect(absence.endUs).toBe(-Infinity);
  });

  test('a machine that sleeps again soon after has slept again', () => {
    const absence = new Absence();
    expect(absence.look(0, PTO, 25_000_000)).toBe(true);
    expect(absence.look(25_100_000, PTO, 50_000_000)).toBe(true);
  });

  test('a program whose every turn takes long is part of the round trip', () => {
    const absence = new Absence();
    const away: boolean[] = [];
    for (let nowUs = 2_000_000; nowUs <= 12_000_000; nowUs += 2_000_000)
      away.push(absence.look(nowUs - 1_900_000, PTO, nowUs));
    expect(away.slice(3)).toEqual([false, false, false]);
  });

  test('an ACK of what left before shows no rate, and no use of the window', () => {
    const absence = new Absence();
    absence.look(0, PTO, 25_000_000);
    const sample = { ...createAckSample(), deliveredBytes: 5, deliveryIntervalUs: 25_000_000 };
    absence.leaveOut(Object.assign(sample, { nowUs: 25_000_100, newestSentUs: -10 }));
    expect(sample).toMatchObject({ deliveredBytes: 0, deliveryIntervalUs: 0, windowUnused: true });
    const later = { ...createAckSample(), deliveredBytes: 5, deliveryIntervalUs: 40_000 };
    absence.leaveOut(Object.assign(later, { nowUs: 25_200_000, newestSentUs: 25_100_000 }));
    expect(later).toMatchObject({ deliveredBytes: 5, deliveryIntervalUs: 40_000, windowUnused: false });
  });
});

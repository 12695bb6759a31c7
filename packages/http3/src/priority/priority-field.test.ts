import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';
import { decodePriority, encodePriority } from './priority-field.ts';

describe('the priority of a response', () => {
  test.each([
    ['', 3, false],
    ['u=0', 0, false],
    ['u=7, i', 7, true],
    ['i', 3, true],
    ['i=?1,u=2', 2, true],
    ['i=?0', 3, false],
    [' u=5 , i ', 5, true],
    ['u=5;x=1, i;y', 5, true],
    ['u=1, u=2', 2, false],
    ['x="a, b", u=1', 1, false],
    ['x="\\", u=2", u=1', 1, false],
    ['u=1, x=(a b)', 1, false],
    ['u=1, x=( "a,)" 2;p=3   *b:/;q );r, i', 1, true],
    ['x=(), y=:aGk=:, z=token/x, d=-1.5, u=5', 5, false],
    ['u=(1 2)', 3, false],
    ['i=(), u=4', 4, false],
    ['u=1, u=(2)', 3, false],
    ['u=01', 1, false],
    ['u=-0', 0, false],
    ['unknown=4, u=1', 1, false],
    ['u=8', 3, false],
    ['u=-1', 3, false],
    ['u=1.5', 3, false],
    ['u="1"', 3, false],
    ['u', 3, false],
    ['i=1', 3, false],
    ['u=1;', 3, false],
    ['u=1, x=(a b', 3, false],
    ['u=1, x=("a"b)', 3, false],
    ['u=1, x=(a;)', 3, false],
    ['u=1, x=', 3, false],
    ['u=1, x="a', 3, false],
    ['u=1, x=?2', 3, false],
    ['u=1, x=1234567890123456', 3, false],
    ['u=1 i', 3, false],
    ['u=1,', 3, false],
    ['\tu=1', 3, false],
    ['U=1', 3, false],
    ['=1', 3, false],
    ['u=1,,i', 3, false],
  ])('%j is urgency %d, incremental %s', (value, urgency, incremental) => {
    covers('rfc9218-4-2');
    expect(decodePriority(value)).toEqual({ urgency, incremental });
  });

  test('a value that is too long for a priority is not read', () => {
    const padded = (length: number): string => `u=1${' '.repeat(length - 3)}`;
    expect(decodePriority(padded(256)).urgency).toBe(1);
    expect(decodePriority(padded(257)).urgency).toBe(3);
    // A pattern that tries each split of the spaces would not return from this one.
    expect(decodePriority(`u;${' '.repeat(4_000_000)}"`)).toEqual({ urgency: 3, incremental: false });
  });

  test('every priority is told and understood, defaults by nothing', () => {
    expect([encodePriority({}), encodePriority({ urgency: 3, incremental: true })]).toEqual(['', 'i']);
    for (let urgency = 0; urgency < 8; urgency++)
      for (const incremental of [false, true])
        expect(decodePriority(encodePriority({ urgency, incremental }))).toEqual({ urgency, incremental });
  });
});

import { describe, expect, test } from '@jest/globals';
import { SpuriousLosses } from './spurious.ts';

describe('losses that were none', () => {
  test('an episode begins with a loss of what was sent after the last one began', () => {
    const spurious = new SpuriousLosses();
    expect(spurious.onLost(1, 0, 100)).toBe(true);
    // Sent before the reaction, or at its moment: the same congestion. RFC 9002 §7.3.2
    expect(spurious.onLost(1, 50, 110)).toBe(false);
    expect(spurious.onLost(1, 100, 120)).toBe(false);
    expect(spurious.onLost(1, 101, 130)).toBe(true);
    expect(spurious.onLost(1, 130, 140)).toBe(false);
  });

  test('it was none when all of its packets arrive after all, and no sooner', () => {
    const spurious = new SpuriousLosses();
    spurious.onLost(2, 90, 100);
    spurious.onLost(1, 95, 110);
    expect([90, 91, 95].map((sentUs) => spurious.onArrived(sentUs))).toEqual([false, false, true]);
    expect(spurious.total).toBe(3);
  });

  test('one sent at the moment in which the episode began belongs to it, one sent later does not', () => {
    const spurious = new SpuriousLosses();
    spurious.onLost(1, 100, 100);
    expect(spurious.onArrived(101)).toBe(false);
    expect(spurious.onArrived(100)).toBe(true);
    expect(spurious.total).toBe(2);
  });

  test('another episode counts anew', () => {
    const spurious = new SpuriousLosses();
    spurious.onLost(2, 90, 100);
    expect(spurious.onArrived(90)).toBe(false);
    spurious.onLost(2, 150, 200);
    expect([150, 151].map((sentUs) => spurious.onArrived(sentUs))).toEqual([false, true]);
  });

  test('what arrives late without an episode ends none', () => {
    expect(new SpuriousLosses().onArrived(5)).toBe(false);
  });
});

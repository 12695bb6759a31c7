import { describe, expect, test } from '@jest/globals';
import { createRandom } from '@tsquic/simulator';
import { covers } from '@tsquic/testing';
import { RandomBits } from '../packet/random-bits.ts';
import { SPIN_BIT, SpinBit } from './spin-bit.ts';

const HERE = {};
const bits = (seed = 1): RandomBits => new RandomBits(createRandom(seed).fillBytes);
/** Ones only: no path is drawn for silence. */
const ONES = new RandomBits((out) => out.fill(0xff));

describe('a path that spins', () => {
  test('of a server sends back the newest value, of a client the opposite', () => {
    for (const isClient of [true, false]) {
      const spin = new SpinBit('on', isClient, ONES);
      expect(spin.next(HERE)).toBe(0);
      spin.onReceived(SPIN_BIT | 0x43, 7);
      expect(spin.next(HERE)).toBe(isClient ? 0 : SPIN_BIT);
      spin.onReceived(0x5f, 8);
      expect(spin.next(HERE)).toBe(isClient ? SPIN_BIT : 0);
      // Older packets say nothing.
      spin.onReceived(SPIN_BIT, 6);
      expect(spin.next(HERE)).toBe(isClient ? SPIN_BIT : 0);
    }
  });

  test('begins at 0 again with another connection ID', () => {
    const spin = new SpinBit('on', false, ONES);
    spin.next(HERE);
    spin.onReceived(SPIN_BIT, 1);
    expect(spin.next(HERE)).toBe(SPIN_BIT);
    expect(spin.next({})).toBe(0);
  });
});

test('one of 16 paths does not spin, and sends what nobody can foresee, whatever comes', () => {
  covers('rfc9000-17.4-4', 'rfc9000-17.4-5', 'rfc9000-17.4-6');
  const source = bits();
  const PATHS = 8000;
  let silent = 0;
  for (let i = 0; i < PATHS; i++) {
    const spin = new SpinBit('on', false, source);
    spin.next(HERE);
    let agreed = 0;
    for (let number = 0; number < 32; number++) {
      const value = number & 1 ? SPIN_BIT : 0;
      spin.onReceived(value, number);
      if (spin.next(HERE) === value) agreed++;
    }
    if (agreed === 32) continue;
    silent++;
    expect(agreed).toBeGreaterThan(3);
    expect(agreed).toBeLessThan(29);
  }
  // Four standard deviations around the mean.
  expect(silent).toBeGreaterThan(PATHS / 16 - 87);
  expect(silent).toBeLessThan(PATHS / 16 + 87);
});

test('switched off it is 0, whatever comes', () => {
  covers('rfc9000-17.4-3', 'rfc9000-17.4-5');
  const spin = new SpinBit('off', true, bits());
  for (let number = 0; number < 32; number++) {
    spin.onReceived(number & 1 ? SPIN_BIT : 0, number);
    expect(spin.next(HERE)).toBe(0);
  }
});

test('bits are drawn in bytes, and each is used once', () => {
  let draws = 0;
  const source = new RandomBits((out) => {
    draws++;
    out.fill(0b0000_0101);
  });
  expect(Array.from({ length: 8 }, () => source.next())).toEqual([1, 0, 1, 0, 0, 0, 0, 0]);
  for (let i = 0; i < 32 * 8 - 8; i++) source.next();
  expect(draws).toBe(1);
  source.next();
  expect(draws).toBe(2);
});

import { describe, expect, test } from '@jest/globals';
import { Nat } from './nat.ts';

const OUTER = { ip: '192.0.2.1', port: 7000 };
const LATER = { ip: '192.0.2.1', port: 7100 };

describe('a NAT', () => {
  test('forgets a binding over which nothing has gone out, and makes another', () => {
    const nat = new Nat({ bindings: [{ atUs: 0, address: OUTER }], idleUs: 1000 });
    expect(nat.translate(0)).toEqual(OUTER);
    expect(nat.admits(OUTER, 1000)).toBe(true);
    expect(nat.admits(OUTER, 1001)).toBe(false);
    expect(nat.translate(1001)).toEqual({ ...OUTER, port: 7001 });
    expect(nat.admits(OUTER, 1001)).toBe(false);
    expect(nat.admits({ ...OUTER, port: 7001 }, 1001)).toBe(true);
    expect(nat.translate(2001)).toEqual({ ...OUTER, port: 7001 });
  });

  test('keeps a binding for ever unless told otherwise, and changes it on its schedule', () => {
    const bindings = [
      { atUs: 0, address: OUTER },
      { atUs: 5000, address: LATER },
    ];
    const nat = new Nat({ bindings });
    expect(nat.translate(0)).toEqual(OUTER);
    expect(nat.admits(OUTER, 4999)).toBe(true);
    expect(nat.translate(5000)).toEqual(LATER);
    expect(nat.admits(OUTER, 5000)).toBe(false);
    const keeping = new Nat({ bindings, keepsOld: true });
    keeping.translate(0);
    expect(keeping.admits(OUTER, 5000)).toBe(true);
  });
});

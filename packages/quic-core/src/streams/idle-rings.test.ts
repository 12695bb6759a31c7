import { describe, expect, test } from '@jest/globals';
import { ByteRing } from './byte-ring.ts';
import { IdleRings } from './idle-rings.ts';

const MIB = 1024 * 1024;

/** The ring held `bytes` and is empty again. */
function use(ring: ByteRing, bytes: number): void {
  ring.reserve(0, 0, bytes);
  ring.onEmpty();
}

describe('empty rings', () => {
  test('a ring that is filled again and again keeps its memory, whatever its size', () => {
    for (const bytes of [100_000, 2 * MIB, 4 * MIB]) {
      const ring = new ByteRing(new IdleRings());
      use(ring, bytes);
      expect(ring.capacity).toBeGreaterThanOrEqual(bytes);
      use(ring, bytes / 3);
      expect(ring.capacity).toBeGreaterThanOrEqual(bytes);
    }
  });

  test('a wide ring of which little is used gives its memory back, a narrow one does not', () => {
    const idle = new IdleRings();
    const [wide, narrow] = [new ByteRing(idle), new ByteRing(idle)];
    use(wide, MIB);
    use(wide, 1);
    expect(wide.capacity).toBe(0);
    use(narrow, 256 * 1024);
    use(narrow, 1);
    expect(narrow.capacity).toBe(256 * 1024);
  });

  test('all of a connection keep 4 MiB, those that were used last', () => {
    const idle = new IdleRings();
    const rings = Array.from({ length: 4 }, () => new ByteRing(idle));
    for (const ring of rings) use(ring, 2 * MIB);
    expect(rings.map(({ capacity }) => capacity)).toEqual([0, 0, 2 * MIB, 2 * MIB]);
    const larger = new ByteRing(idle);
    use(larger, 8 * MIB);
    expect([...rings, larger].map(({ capacity }) => capacity)).toEqual([0, 0, 0, 0, 0]);
  });

  test('an empty ring that is read again changes nothing', () => {
    const ring = new ByteRing(new IdleRings());
    use(ring, MIB);
    ring.onEmpty();
    expect(ring.capacity).toBe(MIB);
  });

  test('four keep any, and one that holds bytes is never emptied', () => {
    const idle = new IdleRings();
    const rings = Array.from({ length: 6 }, () => new ByteRing(idle));
    use(rings[0]!, 5000);
    rings[0]!.reserve(0, 0, 4000);
    for (const ring of rings.slice(1)) use(ring, 5000);
    expect(rings.map(({ capacity }) => capacity > 0)).toEqual([true, false, true, true, true, true]);
    idle.release();
    expect(rings.map(({ capacity }) => capacity > 0)).toEqual([true, false, false, false, false, false]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { toHex } from '@tsquic/bytes';
import fc from 'fast-check';
import { caught, covers } from '@tsquic/testing';
import { framesOf } from '../../test/support/id-frames.ts';
import { createRegistry } from '../../test/support/registry.ts';
import { type PeerId, PeerIds } from './peer-ids.ts';

const SEED = 9000_51;
const violation = expect.objectContaining({ name: 'TransportError', code: 0x0a });
const limitExceeded = expect.objectContaining({ name: 'TransportError', code: 0x09 });

const idOf = (sequence: number): Uint8Array => new Uint8Array(8).fill(sequence);
const tokenOf = (sequence: number): Uint8Array => new Uint8Array(16).fill(0x80 + sequence);
const frameOf = (sequence: number, retirePriorTo = 0) => ({
  pathId: 0,
  sequence,
  retirePriorTo,
  connectionId: idOf(sequence),
  resetToken: tokenOf(sequence),
});

/** What the peer issued to one path: it takes another as soon as its own is retired. */
function createIds(first: Uint8Array = idOf(0)) {
  const { registry, watched } = createRegistry();
  const ids = new PeerIds(first, registry);
  const path = { destination: ids.first as PeerId | undefined };
  const onNew = (frame: ReturnType<typeof frameOf>): void => {
    ids.onNew(frame);
    if (path.destination?.retired === true) path.destination = ids.take();
  };
  /** Another path is used from now on, with an ID of its own; false when there is none. */
  const move = (): boolean => {
    const id = ids.take();
    if (id === undefined) return false;
    path.destination = id;
    ids.retireUnused([path]);
    return true;
  };
  const current = (): number => path.destination!.sequence;
  return {
    ids,
    path,
    onNew,
    move,
    current,
    watched,
    retired: () => framesOf(ids).map(({ values }) => values[0]),
  };
}

describe('the IDs that the peer issues', () => {
  test('are four at most', () => {
    covers('rfc9000-5.1.1-6');
    const { onNew } = createIds();
    for (const sequence of [1, 2, 3]) onNew(frameOf(sequence));
    expect(caught(() => onNew(frameOf(4)))).toEqual(limitExceeded);
  });

  test('may be more for a moment, when the frame retires others', () => {
    const { onNew, path, retired } = createIds();
    for (const sequence of [1, 2, 3]) onNew(frameOf(sequence));
    onNew(frameOf(4, 2));
    expect(retired()).toEqual([1, 0]);
    expect(path.destination?.connectionId).not.toEqual(idOf(0));
  });

  test('are given up at once when the peer says so', () => {
    covers('rfc9000-5.1.2-4', 'rfc9000-5.1.2-7');
    const { ids, onNew, current, retired } = createIds();
    onNew(frameOf(1));
    onNew(frameOf(5, 3));
    expect(current()).toBe(5);
    expect(retired()).toEqual([1, 0]);
    expect(ids.hasFrames).toBe(false);
  });

  test('make room before the one that retires them is added', () => {
    covers('rfc9000-5.1.2-4');
    const { onNew, retired } = createIds();
    for (const sequence of [1, 2, 3]) onNew(frameOf(sequence));
    // Four are active and no more may be: the fifth retires one, and is the fourth again.
    onNew(frameOf(4, 1));
    expect(retired()).toEqual([0]);
    expect(caught(() => onNew(frameOf(5, 1)))).toEqual(limitExceeded);
  });

  test('may be told twice', () => {
    covers('rfc9000-19.15-4');
    const { onNew, retired } = createIds();
    for (let round = 0; round < 10; round++) for (const sequence of [3, 1, 2]) onNew(frameOf(sequence));
    expect(retired()).toEqual([]);
  });

  test('do not come back once they were retired', () => {
    covers('rfc9000-19.15-4');
    const { onNew, move, current, retired } = createIds();
    for (const sequence of [1, 2, 3]) onNew(frameOf(sequence));
    move();
    move();
    expect(retired()).toEqual([0, 1]);
    onNew(frameOf(4));
    // Late repetitions: neither used again nor counted, nor retired once more.
    onNew(frameOf(1));
    onNew(frameOf(5));
    expect(retired()).toEqual([]);
    const rest = [current()];
    while (move()) rest.push(current());
    expect(rest).toEqual([2, 3, 4, 5]);
  });

  test('that come too late are retired, once', () => {
    covers('rfc9000-19.15-9');
    const { onNew, current, retired } = createIds();
    onNew(frameOf(5, 5));
    expect(retired()).toEqual([0]);
    onNew(frameOf(3));
    expect(retired()).toEqual([3]);
    onNew(frameOf(3));
    expect(retired()).toEqual([]);
    expect(current()).toBe(5);
  });

  test('an older word on what to retire is ignored', () => {
    covers('rfc9000-19.15-8');
    const { onNew, current, retired } = createIds();
    onNew(frameOf(5, 5));
    retired();
    onNew(frameOf(6, 2));
    onNew(frameOf(7, 5));
    expect(retired()).toEqual([]);
    expect(current()).toBe(5);
  });

  test.each([
    ['one ID for two numbers', { sequence: 2 }],
    ['two IDs for one number', { connectionId: idOf(9) }],
    ['another reset token', { resetToken: tokenOf(9) }],
  ])('contradictions are refused: %s', (_name, change) => {
    covers('rfc9000-19.15-5');
    const { onNew } = createIds();
    onNew(frameOf(1));
    expect(caught(() => onNew({ ...frameOf(1), ...change }))).toEqual(violation);
    expect(caught(() => createIds().onNew({ ...frameOf(0), connectionId: idOf(9) }))).toEqual(violation);
  });

  test('a peer without IDs cannot issue any', () => {
    covers('rfc9000-19.15-3');
    expect(caught(() => createIds(new Uint8Array(0)).onNew(frameOf(1)))).toEqual(violation);
  });

  test('retirements that wait are bounded, at twice what may be active and more', () => {
    covers('rfc9000-5.1.2-5', 'rfc9000-5.1.2-6');
    const { ids, onNew } = createIds();
    const stuff = (): void => {
      for (let sequence = 1; sequence < 100; sequence++) onNew(frameOf(sequence, sequence));
    };
    expect(caught(stuff)).toEqual(limitExceeded);
    expect(framesOf(ids).length).toBeGreaterThanOrEqual(8);
  });

  test('16 retirements may wait, and as many again once those are told', () => {
    covers('rfc9000-5.1.2-5', 'rfc9000-5.1.2-6');
    const { onNew, retired } = createIds();
    // Each retires the one before it.
    for (let sequence = 1; sequence <= 16; sequence++) onNew(frameOf(sequence, sequence));
    expect(retired()).toEqual(Array.from({ length: 16 }, (_, i) => i));
    for (let sequence = 17; sequence <= 32; sequence++) onNew(frameOf(sequence, sequence));
    expect(caught(() => onNew(frameOf(33, 33)))).toEqual(limitExceeded);
  });

  test('numbers with gaps cannot make us remember without end', () => {
    const { onNew, retired } = createIds();
    const stuff = (): void => {
      for (let i = 1; i < 200; i++) {
        onNew(frameOf(2 * i, 2 * i));
        retired();
      }
    };
    expect(caught(stuff)).toEqual(limitExceeded);
  });

  test('32 runs of retired numbers are remembered, and the run that they grow into', () => {
    const { onNew, retired } = createIds();
    // Number 0 is the first run.
    for (let i = 1; i <= 32; i++) {
      onNew(frameOf(2 * i, 2 * i));
      retired();
    }
    expect(caught(() => onNew(frameOf(66, 66)))).toEqual(limitExceeded);
    const whole = createIds();
    for (let sequence = 1; sequence < 200; sequence++) {
      whole.onNew(frameOf(sequence, sequence));
      whole.retired();
    }
    expect(whole.current()).toBe(199);
  });

  test('a retirement is told again when the packet is lost', () => {
    const { ids, onNew, retired } = createIds();
    onNew(frameOf(1, 1));
    expect(retired()).toEqual([0]);
    ids.onLost(0);
    ids.onLost(0);
    expect(retired()).toEqual([0]);
  });

  test('tokens are watched only while their ID is in use', () => {
    covers('rfc9000-10.3.1-3');
    const { ids, onNew, move, watched } = createIds();
    ids.setInitialToken(tokenOf(0));
    expect([...watched]).toEqual([toHex(tokenOf(0))]);
    onNew(frameOf(1));
    onNew(frameOf(2));
    expect([...watched]).toEqual([toHex(tokenOf(0))]);
    move();
    expect([...watched]).toEqual([toHex(tokenOf(1))]);
    onNew(frameOf(3, 2));
    expect([...watched]).toEqual([toHex(tokenOf(2))]);
    ids.release();
    expect([...watched]).toEqual([]);
  });

  test('one that was taken for another path can be retired by the peer like any other', () => {
    const { ids, onNew, current, retired, watched } = createIds();
    for (const sequence of [1, 2]) onNew(frameOf(sequence));
    const taken = ids.take()!;
    expect([taken.sequence, taken.retired, current()]).toEqual([1, false, 0]);
    expect([...watched]).toEqual([toHex(tokenOf(1))]);
    onNew(frameOf(3, 2));
    expect([taken.retired, current(), retired()]).toEqual([true, 2, [1, 0]]);
    expect([...watched]).toEqual([toHex(tokenOf(2))]);
  });

  test('the ID of a preferred address has number 1', () => {
    const { ids, onNew, retired } = createIds();
    ids.onPreferredAddress({ connectionId: idOf(1), resetToken: tokenOf(1) });
    expect(caught(() => onNew({ ...frameOf(1), connectionId: idOf(9) }))).toEqual(violation);
    onNew(frameOf(2, 2));
    expect(retired()).toEqual([1, 0]);
  });

  test('whatever a lawful peer sends, in whatever order and however often, every ID is active or retired once', () => {
    const LAST = 12;
    const step = fc.tuple(fc.integer({ min: 1, max: LAST }), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 3 }), (steps, lag) => {
        const { onNew, move, current, retired } = createIds();
        const told: (number | undefined)[] = [];
        const brought = new Set([0]);
        for (const [sequence, mayMove] of steps) {
          // Each frame retires all but the last four, as a peer that keeps to our limit must.
          onNew(frameOf(sequence, Math.max(0, sequence - 3 + Math.min(lag, 3))));
          brought.add(sequence);
          if (mayMove) move();
          told.push(...retired());
        }
        const rest = [current()];
        expect(told).not.toContain(rest[0]);
        while (move()) rest.push(current());
        expect(new Set([...told, ...rest])).toEqual(brought);
        expect(told.length + rest.length).toBe(brought.size);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import { toHex } from '@tsquic/bytes';
import fc from 'fast-check';
import { covers } from '../../../../tools/covers.ts';
import { framesOf } from '../../test/support/id-frames.ts';
import { PeerIds } from './peer-ids.ts';
import type { ConnectionIdRegistry } from './registry.ts';

const SEED = 9000_51;
const violation = expect.objectContaining({ name: 'TransportError', code: 0x0a });
const limitExceeded = expect.objectContaining({ name: 'TransportError', code: 0x09 });

const idOf = (sequence: number): Uint8Array => new Uint8Array(8).fill(sequence);
const tokenOf = (sequence: number): Uint8Array => new Uint8Array(16).fill(0x80 + sequence);
const frameOf = (sequence: number, retirePriorTo = 0) => ({
  sequence,
  retirePriorTo,
  connectionId: idOf(sequence),
  resetToken: tokenOf(sequence),
});

function createIds(first: Uint8Array = idOf(0)) {
  const watched = new Set<string>();
  const registry: ConnectionIdRegistry = {
    issue() {
      throw new Error('the peer issues these');
    },
    resetToken() {
      throw new Error('the peer knows these');
    },
    retire() {
      throw new Error('these are not ours');
    },
    watchToken: (token) => void watched.add(toHex(token)),
    forgetToken: (token) => void watched.delete(toHex(token)),
  };
  const ids = new PeerIds(first, registry);
  return { ids, watched, retired: () => framesOf(ids).map(({ values }) => values[0]) };
}

const caught = (step: () => unknown): unknown => {
  try {
    step();
  } catch (error) {
    return error;
  }
  return undefined;
};

/** Another path is used from now on, with an ID of its own; false when there is none. */
const move = (ids: PeerIds): boolean => {
  const id = ids.take();
  if (id !== undefined) ids.giveUp(ids.exchange(id));
  return id !== undefined;
};

describe('the IDs that the peer issues', () => {
  test(`are four at most ${covers('rfc9000-5.1.1-6')}`, () => {
    const { ids } = createIds();
    for (const sequence of [1, 2, 3]) ids.onNew(frameOf(sequence));
    expect(caught(() => ids.onNew(frameOf(4)))).toEqual(limitExceeded);
  });

  test('may be more for a moment, when the frame retires others', () => {
    const { ids, retired } = createIds();
    for (const sequence of [1, 2, 3]) ids.onNew(frameOf(sequence));
    ids.onNew(frameOf(4, 2));
    expect(retired()).toEqual([1, 0]);
    expect(ids.current.connectionId).not.toEqual(idOf(0));
  });

  test(`are given up at once when the peer says so ${covers('rfc9000-5.1.2-4', 'rfc9000-5.1.2-7')}`, () => {
    const { ids, retired } = createIds();
    ids.onNew(frameOf(1));
    ids.onNew(frameOf(5, 3));
    expect(ids.current.sequence).toBe(5);
    expect(retired()).toEqual([1, 0]);
    expect(ids.hasFrames).toBe(false);
  });

  test(`may be told twice ${covers('rfc9000-19.15-4')}`, () => {
    const { ids, retired } = createIds();
    for (let round = 0; round < 10; round++) for (const sequence of [3, 1, 2]) ids.onNew(frameOf(sequence));
    expect(retired()).toEqual([]);
  });

  test(`do not come back once they were retired ${covers('rfc9000-19.15-4')}`, () => {
    const { ids, retired } = createIds();
    for (const sequence of [1, 2, 3]) ids.onNew(frameOf(sequence));
    move(ids);
    move(ids);
    expect(retired()).toEqual([0, 1]);
    ids.onNew(frameOf(4));
    // Late repetitions: neither used again nor counted, nor retired once more.
    ids.onNew(frameOf(1));
    ids.onNew(frameOf(5));
    expect(retired()).toEqual([]);
    const rest = [ids.current.sequence];
    while (move(ids)) rest.push(ids.current.sequence);
    expect(rest).toEqual([2, 3, 4, 5]);
  });

  test(`that come too late are retired, once ${covers('rfc9000-19.15-9')}`, () => {
    const { ids, retired } = createIds();
    ids.onNew(frameOf(5, 5));
    expect(retired()).toEqual([0]);
    ids.onNew(frameOf(3));
    expect(retired()).toEqual([3]);
    ids.onNew(frameOf(3));
    expect(retired()).toEqual([]);
    expect(ids.current.sequence).toBe(5);
  });

  test(`an older word on what to retire is ignored ${covers('rfc9000-19.15-8')}`, () => {
    const { ids, retired } = createIds();
    ids.onNew(frameOf(5, 5));
    retired();
    ids.onNew(frameOf(6, 2));
    ids.onNew(frameOf(7, 5));
    expect(retired()).toEqual([]);
    expect(ids.current.sequence).toBe(5);
  });

  test.each([
    ['one ID for two numbers', { sequence: 2 }],
    ['two IDs for one number', { connectionId: idOf(9) }],
    ['another reset token', { resetToken: tokenOf(9) }],
  ])(`contradictions are refused: %s ${covers('rfc9000-19.15-5')}`, (_name, change) => {
    const { ids } = createIds();
    ids.onNew(frameOf(1));
    expect(caught(() => ids.onNew({ ...frameOf(1), ...change }))).toEqual(violation);
    expect(caught(() => createIds().ids.onNew({ ...frameOf(0), connectionId: idOf(9) }))).toEqual(violation);
  });

  test(`a peer without IDs cannot issue any ${covers('rfc9000-19.15-2', 'rfc9000-19.15-3')}`, () => {
    expect(caught(() => createIds(new Uint8Array(0)).ids.onNew(frameOf(1)))).toEqual(violation);
  });

  test(`retirements that wait are bounded, at twice what may be active and more ${covers('rfc9000-5.1.2-5', 'rfc9000-5.1.2-6')}`, () => {
    const { ids } = createIds();
    const stuff = (): void => {
      for (let sequence = 1; sequence < 100; sequence++) ids.onNew(frameOf(sequence, sequence));
    };
    expect(caught(stuff)).toEqual(limitExceeded);
    expect(framesOf(ids).length).toBeGreaterThanOrEqual(8);
  });

  test('numbers with gaps cannot make us remember without end', () => {
    const { ids, retired } = createIds();
    const stuff = (): void => {
      for (let i = 1; i < 200; i++) {
        ids.onNew(frameOf(2 * i, 2 * i));
        retired();
      }
    };
    expect(caught(stuff)).toEqual(limitExceeded);
  });

  test('a retirement is told again when the packet is lost', () => {
    const { ids, retired } = createIds();
    ids.onNew(frameOf(1, 1));
    expect(retired()).toEqual([0]);
    ids.onLost(0);
    ids.onLost(0);
    expect(retired()).toEqual([0]);
  });

  test(`tokens are watched only while their ID is in use ${covers('rfc9000-10.3.1-3')}`, () => {
    const { ids, watched } = createIds();
    ids.setInitialToken(tokenOf(0));
    expect([...watched]).toEqual([toHex(tokenOf(0))]);
    ids.onNew(frameOf(1));
    ids.onNew(frameOf(2));
    expect([...watched]).toEqual([toHex(tokenOf(0))]);
    move(ids);
    expect([...watched]).toEqual([toHex(tokenOf(1))]);
    ids.onNew(frameOf(3, 2));
    expect([...watched]).toEqual([toHex(tokenOf(2))]);
    ids.release();
    expect([...watched]).toEqual([]);
  });

  test('one that was taken for another path can be retired by the peer like any other', () => {
    const { ids, retired, watched } = createIds();
    for (const sequence of [1, 2]) ids.onNew(frameOf(sequence));
    const taken = ids.take()!;
    expect([taken.sequence, ids.isTaken(taken), ids.current.sequence]).toEqual([1, true, 0]);
    expect([...watched]).toEqual([toHex(tokenOf(1))]);
    ids.onNew(frameOf(3, 2));
    expect([ids.isTaken(taken), ids.current.sequence, retired()]).toEqual([false, 2, [1, 0]]);
    expect([...watched]).toEqual([toHex(tokenOf(2))]);
  });

  test('the ID of a preferred address has number 1', () => {
    const { ids, retired } = createIds();
    ids.onPreferredAddress({ connectionId: idOf(1), resetToken: tokenOf(1) });
    expect(caught(() => ids.onNew({ ...frameOf(1), connectionId: idOf(9) }))).toEqual(violation);
    ids.onNew(frameOf(2, 2));
    expect(retired()).toEqual([1, 0]);
  });

  test('whatever a lawful peer sends, in whatever order and however often, every ID is active or retired once', () => {
    const LAST = 12;
    const step = fc.tuple(fc.integer({ min: 1, max: LAST }), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 3 }), (steps, lag) => {
        const { ids, retired } = createIds();
        const told: (number | undefined)[] = [];
        const brought = new Set([0]);
        for (const [sequence, mayMove] of steps) {
          // Each frame retires all but the last four, as a peer that keeps to our limit must.
          ids.onNew(frameOf(sequence, Math.max(0, sequence - 3 + Math.min(lag, 3))));
          brought.add(sequence);
          if (mayMove) move(ids);
          told.push(...retired());
        }
        const rest = [ids.current.sequence];
        expect(told).not.toContain(rest[0]);
        while (move(ids)) rest.push(ids.current.sequence);
        expect(new Set([...told, ...rest])).toEqual(brought);
        expect(told.length + rest.length).toBe(brought.size);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

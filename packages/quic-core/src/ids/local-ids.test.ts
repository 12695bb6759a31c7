import { describe, expect, test } from '@jest/globals';
import { toHex } from '@tsquic/bytes';
import { caught, covers } from '@tsquic/testing';
import { framesOf } from '../../test/support/id-frames.ts';
import { connectionIdKey } from './connection-id.ts';
import { LocalIds } from './local-ids.ts';
import type { ConnectionIdRegistry } from './registry.ts';

const elsewhere = new Uint8Array(8).fill(0xff);
const violation = expect.objectContaining({ name: 'TransportError', code: 0x0a });

/** IDs that count up, and which of them lead somewhere. */
function createRegistry(limit = Infinity): ConnectionIdRegistry & { readonly reachable: Set<string> } {
  let next = 0;
  const reachable = new Set<string>();
  const issue = (): Uint8Array => {
    const connectionId = new Uint8Array(8).fill(next++);
    reachable.add(toHex(connectionId));
    return connectionId;
  };
  return {
    reachable,
    issueFirst: issue,
    issueFurther: () => (next < limit ? issue() : undefined),
    resetToken: (connectionId) => new Uint8Array(16).fill(0x80 + connectionId[0]!),
    retire: (connectionId) => void reachable.delete(toHex(connectionId)),
    releaseExtra() {
      throw new Error('it belongs to no list');
    },
    watchToken() {
      throw new Error('these are not our tokens');
    },
    forgetToken() {
      throw new Error('these are not our tokens');
    },
  };
}

describe('the IDs we issue', () => {
  test('count up by one, and are no more than the peer takes', () => {
    covers('rfc9000-5.1.1-1', 'rfc9000-5.1.1-3', 'rfc9000-5.1.1-4', 'rfc9000-19.15-6');
    for (const [limit, expected] of [
      [2, [1]],
      [3, [1, 2]],
      [100, [1, 2, 3]],
    ] as const) {
      const ids = new LocalIds(createRegistry());
      expect(ids.hasFrames).toBe(false);
      ids.supply(limit);
      ids.supply(limit);
      expect(framesOf(ids).map(({ values }) => values)).toEqual(expected.map((sequence) => [sequence, 0]));
      expect(ids.hasFrames).toBe(false);
    }
  });

  test('are never the same', () => {
    covers('rfc9000-5.1-2');
    const ids = new LocalIds(createRegistry());
    ids.supply(4);
    const seen = new Set<string>();
    for (let sequence = 0; sequence < 50; sequence++) {
      for (const { data } of framesOf(ids)) {
        expect(seen.has(toHex(data))).toBe(false);
        seen.add(toHex(data));
      }
      ids.onRetired(sequence, elsewhere);
    }
    expect(seen.size).toBe(52);
  });

  test('lead to us until they are retired, and are then replaced', () => {
    covers('rfc9000-5.1.1-2', 'rfc9000-5.1.1-7');
    const registry = createRegistry();
    const ids = new LocalIds(registry);
    ids.supply(4);
    framesOf(ids);
    expect(registry.reachable.size).toBe(4);
    ids.onRetired(1, elsewhere);
    expect(registry.reachable.has('0101010101010101')).toBe(false);
    expect(registry.reachable.size).toBe(4);
    expect(framesOf(ids)).toMatchObject([{ values: [4, 0] }]);
    // The same word again, as after a loss, says nothing new.
    ids.onRetired(1, elsewhere);
    expect(ids.hasFrames).toBe(false);
    ids.release();
    expect(registry.reachable.size).toBe(0);
  });

  test('cannot be retired before the peer knows them', () => {
    covers('rfc9000-19.16-1');
    const ids = new LocalIds(createRegistry());
    expect(caught(() => ids.onRetired(1, elsewhere))).toEqual(violation);
    ids.supply(4);
    expect(caught(() => ids.onRetired(3, elsewhere))).toEqual(violation);
    framesOf(ids);
    expect(caught(() => ids.onRetired(4, elsewhere))).toEqual(violation);
    expect(caught(() => ids.onRetired(3, elsewhere))).toBeUndefined();
  });

  test('cannot be retired by a packet that was sent to them', () => {
    const ids = new LocalIds(createRegistry());
    ids.supply(2);
    framesOf(ids);
    const used = ids.active[1]!.connectionId.slice();
    expect(caught(() => ids.onRetired(1, used))).toEqual(violation);
    expect(caught(() => ids.onRetired(0, used))).toBeUndefined();
  });

  test('are not told again once the peer knows them, and their tokens are not kept', () => {
    const ids = new LocalIds(createRegistry());
    ids.supply(4);
    framesOf(ids);
    expect(ids.active.slice(1).map(({ resetToken }) => resetToken?.[0])).toEqual([0x81, 0x82, 0x83]);
    ids.onLost(2);
    ids.onAcked(1);
    ids.onAcked(2);
    ids.onAcked(99);
    expect(ids.hasFrames).toBe(false);
    ids.onLost(1);
    ids.onLost(2);
    ids.onLost(3);
    expect(framesOf(ids)).toMatchObject([{ values: [3, 0] }]);
    expect(ids.active.slice(1).map(({ resetToken }) => resetToken?.[0])).toEqual([
      undefined,
      undefined,
      0x83,
    ]);
  });

  test('are told again when the packet is lost, as long as they are in use', () => {
    const ids = new LocalIds(createRegistry());
    ids.supply(3);
    const frames = framesOf(ids);
    ids.onLost(2);
    ids.onLost(2);
    ids.onLost(99);
    expect(framesOf(ids)).toEqual([frames[1]]);
    ids.onRetired(1, elsewhere);
    framesOf(ids);
    ids.onLost(1);
    expect(ids.hasFrames).toBe(false);
    ids.onLost(2);
    ids.onRetired(2, elsewhere);
    expect(framesOf(ids)).toMatchObject([{ values: [4, 0] }]);
  });

  test('are as many as there are to be had', () => {
    const registry = createRegistry(2);
    const ids = new LocalIds(registry);
    ids.supply(4);
    expect(framesOf(ids)).toMatchObject([{ values: [1, 0] }]);
    ids.onRetired(0, ids.active[1]!.connectionId);
    expect(ids.hasFrames).toBe(false);
    expect(registry.reachable).toEqual(new Set(['0101010101010101']));
    expect(ids.first.sequence).toBe(1);
  });

  test('are all given up for others when they are renewed, once the last renewal is through', () => {
    covers('rfc9000-5.1.2-3');
    const ids = new LocalIds(createRegistry());
    // Too early: nobody has said how many there may be.
    ids.renew();
    expect(ids.hasFrames).toBe(false);
    ids.supply(3);
    expect(framesOf(ids).map(({ values }) => values)).toEqual([
      [1, 0],
      [2, 0],
      [3, 3],
      [4, 3],
      [5, 3],
    ]);
    ids.renew();
    expect(ids.hasFrames).toBe(false);
    for (const sequence of [2, 0, 1]) ids.onRetired(sequence, elsewhere);
    // The second renewal begins when nothing of the first one is left.
    expect(framesOf(ids).map(({ values }) => values)).toEqual([
      [6, 6],
      [7, 6],
      [8, 6],
    ]);
    for (const sequence of [3, 4, 5]) ids.onRetired(sequence, elsewhere);
    expect(ids.hasFrames).toBe(false);
    expect(ids.active.map(({ sequence }) => sequence)).toEqual([6, 7, 8]);
    // What was lost is told again with what is to be given up by then.
    ids.onLost(7);
    expect(framesOf(ids)).toMatchObject([{ values: [7, 6] }]);
    ids.onRetired(6, elsewhere);
    expect(framesOf(ids)).toMatchObject([{ values: [9, 6] }]);
  });

  test('stay where there are no others to be had', () => {
    const ids = new LocalIds(createRegistry(2));
    ids.supply(2);
    framesOf(ids);
    ids.renew();
    expect(ids.hasFrames).toBe(false);
    expect(ids.active.map(({ sequence }) => sequence)).toEqual([0, 1]);
  });

  test('wait for room', () => {
    const ids = new LocalIds(createRegistry());
    ids.supply(4);
    expect(framesOf(ids, 40)).toMatchObject([{ values: [1, 0] }]);
    expect(framesOf(ids, 10)).toEqual([]);
    expect(framesOf(ids)).toMatchObject([{ values: [2, 0] }, { values: [3, 0] }]);
  });
});

test('keys of IDs differ where IDs do, in length too', () => {
  const ids = [[], [0], [0, 0], [1], [0, 1], [255, 0]].map((bytes) => Uint8Array.from(bytes));
  expect(new Set(ids.map((id) => connectionIdKey(id))).size).toBe(ids.length);
  expect(connectionIdKey(Uint8Array.of(9, 0, 1, 9), 1, 2)).toBe(connectionIdKey(Uint8Array.of(0, 1)));
});

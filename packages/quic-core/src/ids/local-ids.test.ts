import { describe, expect, test } from '@jest/globals';
import { toHex } from '@tsquic/bytes';
import { covers } from '../../../../tools/covers.ts';
import { framesOf } from '../../test/support/id-frames.ts';
import { connectionIdKey } from './connection-id.ts';
import { LocalIds } from './local-ids.ts';
import type { ConnectionIdRegistry } from './registry.ts';

const elsewhere = new Uint8Array(8).fill(0xff);
const violation = expect.objectContaining({ name: 'TransportError', code: 0x0a });

/** IDs that count up, and which of them lead somewhere. */
function createRegistry(): ConnectionIdRegistry & { readonly reachable: Set<string> } {
  let next = 0;
  const reachable = new Set<string>();
  return {
    reachable,
    issue() {
      const connectionId = new Uint8Array(8).fill(next++);
      reachable.add(toHex(connectionId));
      return connectionId;
    },
    resetToken: (connectionId) => new Uint8Array(16).fill(0x80 + connectionId[0]!),
    retire: (connectionId) => void reachable.delete(toHex(connectionId)),
    watchToken() {
      throw new Error('these are not our tokens');
    },
    forgetToken() {
      throw new Error('these are not our tokens');
    },
  };
}

const caught = (step: () => unknown): unknown => {
  try {
    step();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('the IDs we issue', () => {
  test(`count up by one, and are no more than the peer takes ${covers('rfc9000-5.1.1-1', 'rfc9000-5.1.1-3', 'rfc9000-5.1.1-4')}`, () => {
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

  test(`are never the same ${covers('rfc9000-5.1-2')}`, () => {
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

  test(`lead to us until they are retired, and are then replaced ${covers('rfc9000-5.1.1-2', 'rfc9000-5.1.1-7')}`, () => {
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

  test(`cannot be retired before the peer knows them ${covers('rfc9000-19.16-1')}`, () => {
    const ids = new LocalIds(createRegistry());
    expect(caught(() => ids.onRetired(1, elsewhere))).toEqual(violation);
    ids.supply(4);
    expect(caught(() => ids.onRetired(3, elsewhere))).toEqual(violation);
    framesOf(ids);
    expect(caught(() => ids.onRetired(4, elsewhere))).toEqual(violation);
    expect(caught(() => ids.onRetired(3, elsewhere))).toBeUndefined();
  });

  test(`cannot be retired by a packet that was sent to them ${covers('rfc9000-19.16-2')}`, () => {
    const ids = new LocalIds(createRegistry());
    ids.supply(2);
    framesOf(ids);
    const used = ids.active[1]!.connectionId.slice();
    expect(caught(() => ids.onRetired(1, used))).toEqual(violation);
    expect(caught(() => ids.onRetired(0, used))).toBeUndefined();
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

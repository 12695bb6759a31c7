import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createPair, type Pair } from '@tsquic/simulator';

const SECOND = 1_000_000;

function connectedPair(seed: number, loss = 0): Pair {
  const createCrypto = (random: (out: Uint8Array) => void) => createNodeProvider({ random });
  const pair = createPair({ createCrypto, seed, link: { loss: { kind: 'random', rate: loss } } });
  pair.connect();
  expect(pair.run(() => pair.client.connection.statistics().state === 'confirmed', 30 * SECOND)).toBe(true);
  return pair;
}

describe('a source that fills packets as they are built', () => {
  test.each([
    [1, 0],
    [2, 0.05],
  ])('after what was written, to the end, also when packets are lost (seed %i, loss %d)', (seed, loss) => {
    const pair = connectedPair(seed, loss);
    const stream = pair.client.connection.openStream()!;
    stream.write(Uint8Array.of(1, 2, 3));
    let made = 3;
    stream.setSource((room) => {
      const bytes = Math.min(room.length, 100_000 - made);
      for (let i = 0; i < bytes; i++) room[i] = (made + i) % 251;
      made += bytes;
      return { bytes, fin: made === 100_000 };
    });

    expect(pair.run(() => pair.server.received(stream.id).finished, 60 * SECOND)).toBe(true);

    const expected = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    expected.set([1, 2, 3]);
    expect(pair.server.received(stream.id).bytes()).toEqual(expected);
  });

  test('that has nothing rests, and others go on, until it is set again', () => {
    const pair = connectedPair(3);
    const stream = pair.client.connection.openStream()!;
    let asked = 0;
    const empty = () => {
      asked++;
      return { bytes: 0, fin: false };
    };
    stream.setSource(empty);
    pair.client.send(new Uint8Array(50_000));
    expect(pair.run(() => pair.server.received(stream.id + 4).finished, 5 * SECOND)).toBe(true);
    pair.pass(2 * SECOND);
    expect(asked).toBe(1);

    stream.setSource(() => ({ bytes: 0, fin: true }));
    pair.pass(SECOND);
    expect(pair.server.received(stream.id).finished).toBe(true);
  });

  test('that throws ends its own connection with INTERNAL_ERROR, and no other', () => {
    const pair = connectedPair(4);
    const second = pair.connect();
    expect(pair.run(() => second.statistics().state === 'confirmed', 5 * SECOND)).toBe(true);
    pair.client.connection.openStream()!.setSource(() => {
      throw new Error('no more');
    });
    pair.pass(SECOND);
    expect(pair.client.connection.closeReason).toMatchObject({ kind: 'transport', code: 1, remote: false });
    expect(second.closeReason).toBeUndefined();
  });
});

import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import type { QuicUsageError } from '../src/index.ts';
import { createPair, type Pair } from '@tsquic/simulator';
import { covers } from '@tsquic/testing';

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

  test('fills datagrams of 65,000 bytes as well', () => {
    const createCrypto = (random: (out: Uint8Array) => void) => createNodeProvider({ random });
    const transport = { maxUdpPayloadBytes: 65_000 };
    const link = { delayUs: 1000, mtuBytes: 65_535, queueBytes: 4_000_000 };
    const clientHost = { sendBufferBytes: 65_535 };
    const pair = createPair({
      createCrypto,
      seed: 8,
      link,
      client: { transport },
      server: { transport },
      clientHost,
    });
    pair.connect();
    const { client, server } = pair;
    expect(pair.run(() => client.has('confirmed'), SECOND)).toBe(true);
    client.send(new Uint8Array(2_000_000));
    expect(pair.run(() => client.connection.statistics().mtuBytes === 65_000, 30 * SECOND)).toBe(true);
    expect(pair.run(() => client.connection.statistics().bytesInFlight === 0, 30 * SECOND)).toBe(true);
    const stream = client.connection.openStream()!;
    const before = client.connection.statistics().packetsSent;
    let made = 0;
    stream.setSource((room) => {
      const bytes = Math.min(room.length, 2_000_000 - made);
      for (let i = 0; i < bytes; i++) room[i] = (made + i) % 251;
      made += bytes;
      return { bytes, fin: made === 2_000_000 };
    });

    expect(pair.run(() => server.received(stream.id).finished, 60 * SECOND)).toBe(true);

    expect(server.received(stream.id).bytes()).toEqual(
      Uint8Array.from({ length: 2_000_000 }, (_, i) => i % 251),
    );
    // 31 would hold the data; credit ends a packet early now and then.
    expect(client.connection.statistics().packetsSent - before).toBeLessThan(45);
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

  test.each([-1, 1_000_000, Number.NaN])(
    'that says it wrote %d bytes is a bug of the program, and ends the connection',
    (bytes) => {
      const errors: unknown[] = [];
      const createCrypto = (random: (out: Uint8Array) => void) => createNodeProvider({ random });
      const tracer = { onInternalError: (_connection: number, error: unknown) => void errors.push(error) };
      const pair = createPair({ createCrypto, seed: 5, client: { tracer } });
      pair.connect();
      expect(pair.run(() => pair.client.has('connected'), 30 * SECOND)).toBe(true);
      pair.client.connection.openStream()!.setSource(() => ({ bytes, fin: false }));
      pair.pass(SECOND);
      expect(errors).toEqual([expect.any(RangeError)]);
      expect(pair.client.connection.closeReason).toBeDefined();
    },
  );

  test('gives way to an end that is written', () => {
    covers('rfc9000-4.5-2');
    for (const last of [0, 10]) {
      const pair = connectedPair(5);
      const stream = pair.client.connection.openStream()!;
      let asked = 0;
      let given = 0;
      stream.setSource((room) => {
        asked++;
        given += room.length;
        return { bytes: room.length, fin: false };
      });
      pair.pass(1000);
      expect(stream.write(new Uint8Array(last), true)).toBe(last);
      expect(() => stream.setSource(() => ({ bytes: 0, fin: true }))).toThrow('takes no more');
      const before = asked;
      pair.pass(2 * SECOND);

      expect(before).toBeGreaterThan(0);
      expect(asked).toBe(before);
      expect(pair.server.received(stream.id).finished).toBe(true);
      expect(pair.server.received(stream.id).bytes()).toHaveLength(given + last);
      expect(stream.delivered).toBe(true);
      expect(pair.server.connection.closeReason).toBeUndefined();
    }
  });

  test('may not write to its own stream: that throws, and nothing is lost', () => {
    const pair = connectedPair(6);
    const stream = pair.client.connection.openStream()!;
    const thrown: unknown[] = [];
    let asked = 0;
    stream.setSource((room) => {
      try {
        stream.write(Uint8Array.of(1));
      } catch (error) {
        thrown.push(error);
      }
      room.fill(7, 0, 100);
      return { bytes: 100, fin: ++asked === 3 };
    });
    pair.pass(SECOND);
    expect(thrown.map((error) => (error as QuicUsageError).code)).toEqual(Array(3).fill('re-entrant'));
    expect(pair.server.received(stream.id).bytes()).toEqual(new Uint8Array(300).fill(7));
    expect(pair.server.received(stream.id).finished).toBe(true);
  });

  test('may write to another stream', () => {
    const pair = connectedPair(7);
    const stream = pair.client.connection.openStream()!;
    const other = pair.client.connection.openStream()!;
    stream.setSource(() => {
      other.write(Uint8Array.of(1, 2), true);
      return { bytes: 0, fin: true };
    });
    pair.pass(SECOND);
    expect(pair.server.received(other.id).bytes()).toEqual(Uint8Array.of(1, 2));
    expect(pair.server.received(stream.id).finished).toBe(true);
  });

  test.each([0, 50])('may hand over to the next while it gives %d bytes', (given) => {
    const pair = connectedPair(8);
    const stream = pair.client.connection.openStream()!;
    let asked = 0;
    stream.setSource(() => {
      asked++;
      stream.setSource(() => ({ bytes: 50, fin: true }));
      return { bytes: given, fin: false };
    });
    pair.pass(SECOND);
    expect(asked).toBe(1);
    expect(pair.server.received(stream.id).bytes()).toHaveLength(50 + given);
    expect(pair.server.received(stream.id).finished).toBe(true);
  });

  test('may reset its stream: what it gives then is not sent', () => {
    covers('rfc9000-3.3-2');
    const pair = connectedPair(9);
    const stream = pair.client.connection.openStream({ unidirectional: true })!;
    let asked = 0;
    stream.setSource(() => {
      if (++asked === 2) stream.reset(9);
      return { bytes: 500, fin: asked === 2 };
    });
    pair.pass(SECOND);
    expect(asked).toBe(2);
    expect(pair.client.connection.closeReason).toBeUndefined();
    expect(pair.server.connection.closeReason).toBeUndefined();
    expect(pair.server.eventsOf('stream-reset')).toMatchObject([{ streamId: stream.id, code: 9 }]);
    expect(pair.client.eventsOf('stream-released')).toMatchObject([{ streamId: stream.id }]);
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

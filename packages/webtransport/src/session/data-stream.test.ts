import { describe, expect, test } from '@jest/globals';
import type { QuicStream } from '@tsquic/quic-core';
import { DataStream, type StreamOwner } from './data-stream.ts';

/** A stream of the transport, as far as a `DataStream` looks at it. */
function transportStream(id: number) {
  const state = { id, room: Infinity, written: [] as number[], ended: false, receivedBytes: 0, sentBytes: 0 };
  const stream = Object.assign(state, {
    finished: false,
    readableBytes: 0,
    write: (bytes: Uint8Array, fin = false) => {
      const taken = Math.min(bytes.length, state.room);
      state.room -= taken;
      state.written.push(...bytes.subarray(0, taken));
      state.ended ||= fin && taken === bytes.length;
      return taken;
    },
    stopSending: () => {},
    resetAt: () => true,
  });
  return { state, stream: stream as unknown as QuicStream };
}

/** A session that counts. */
function counter() {
  const counts = { received: 0, released: 0, over: 0 };
  const owner: StreamOwner = {
    sendRoom: Infinity,
    onSent: () => {},
    onUnsent: () => {},
    onBlocked: () => {},
    onReceived: (bytes) => (counts.received += bytes),
    onReleasedBytes: (bytes) => (counts.released += bytes),
    onStreamOver: () => (counts.over += 1),
  };
  return { counts, owner };
}

const HEADER = Uint8Array.of(0x40, 0x54, 0x00);

describe('a stream of a session', () => {
  test('lets go of what comes after it was stopped, at the latest when it is over', () => {
    const { state, stream } = transportStream(3);
    const { counts, owner } = counter();
    const data = new DataStream(stream, owner, new Uint8Array(0), HEADER.length);
    state.receivedBytes = 103;
    data.stopSending(1);
    expect(counts).toMatchObject({ received: 100, released: 100 });
    state.receivedBytes = 203;
    data.releaseUnread();
    expect(counts).toMatchObject({ received: 200, released: 200 });
    state.receivedBytes = 303;
    data.onReleased();
    expect(counts).toEqual({ received: 300, released: 300, over: 1 });
  });

  test('ends behind a header that waits for the transport', () => {
    const { state, stream } = transportStream(2);
    state.room = 1;
    const data = new DataStream(stream, counter().owner, HEADER, 0);
    expect(data.write(Uint8Array.of(1))).toBe(0);
    data.write(new Uint8Array(0), true);
    expect([state.written, state.ended]).toEqual([[0x40], false]);
    state.room = 10;
    data.onWritable();
    expect([state.written, state.ended]).toEqual([[...HEADER], true]);
  });
});

import { expect, test } from '@jest/globals';
import type { QuicStream } from '@tsquic/quic-core';
import { SharedRing } from './shared-ring.ts';
import { StreamRelay } from './stream-relay.ts';

/** A stream whose peer sends back what it gets, with room for 50 bytes at a time. */
class EchoStream {
  readonly bytes: number[] = [];
  ended = false;
  finished = false;
  room = 50;

  write(data: Uint8Array, fin = false): number {
    const taken = Math.min(data.length, this.room - this.bytes.length);
    this.bytes.push(...data.subarray(0, taken));
    this.ended ||= fin && taken === data.length;
    return taken;
  }

  read(into: Uint8Array): number {
    const part = this.bytes.splice(0, into.length);
    into.set(part);
    this.finished = this.ended && this.bytes.length === 0;
    return part.length;
  }
}

test('everything goes round, whatever is full meanwhile, and the end with it', () => {
  const echo = new EchoStream();
  const [outgoing, incoming] = [new SharedRing(128), new SharedRing(64)];
  let wakes = 0;
  const stream = echo as unknown as QuicStream;
  const relay = new StreamRelay({ stream, outgoing, incoming, wakeApplication: () => wakes++ });
  const sent = Uint8Array.from({ length: 1000 }, (_, index) => index);
  const received: number[] = [];
  const part = new Uint8Array(37);
  let written = 0;
  for (let turn = 0; turn < 500 && !incoming.finished; turn++) {
    written += outgoing.write(sent.subarray(written));
    if (written === sent.length) outgoing.end();
    relay.pump();
    if (turn % 2 === 0) received.push(...part.subarray(0, incoming.read(part)));
  }
  expect(Uint8Array.from(received)).toEqual(sent);
  expect(incoming.finished).toBe(true);
  const before = wakes;
  relay.pump();
  expect(wakes).toBe(before);
});

test('a full ring leaves bytes in the stream', () => {
  const echo = new EchoStream();
  echo.room = 1000;
  echo.write(new Uint8Array(200));
  const incoming = new SharedRing(64);
  const stream = echo as unknown as QuicStream;
  new StreamRelay({ stream, incoming, wakeApplication: () => {} }).pump();
  expect([incoming.length, echo.bytes.length]).toEqual([64, 136]);
});

test('an abort reaches both rings, but no end that was complete', () => {
  const outgoing = new SharedRing(64);
  const incoming = new SharedRing(64);
  incoming.end();
  const stream = new EchoStream() as unknown as QuicStream;
  new StreamRelay({ stream, outgoing, incoming, wakeApplication: () => {} }).abort();
  expect([outgoing.aborted, incoming.aborted]).toEqual([true, false]);
});

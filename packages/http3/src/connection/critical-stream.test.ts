import { expect, test } from '@jest/globals';
import { caught } from '@tsquic/testing';
import type { QuicConnection, QuicStream } from '@tsquic/quic-core';
import { Http3Code as Code, type Http3Error } from '../errors/http3-error.ts';
import { CriticalStream } from './critical-stream.ts';

/** A connection that allows one stream once it is opened, which takes so many bytes. */
function connectionWith(credit: number): { connection: QuicConnection; written: number[]; open: () => void } {
  const written: number[] = [];
  let isOpen = false;
  const stream = {
    id: 2,
    ...{ unsentBytes: 0, acknowledgedBytes: 0 },
    mark: Infinity,
    get writtenBytes() {
      return written.length;
    },
    setHighWaterMark(this: { mark: number }, _unsentBytes: number, mark = Infinity) {
      this.mark = mark;
    },
    write: (bytes: Uint8Array) => {
      const taken = Math.min(bytes.length, credit - written.length);
      written.push(...bytes.subarray(0, taken));
      return taken;
    },
  } as unknown as QuicStream;
  const connection = { openStream: () => (isOpen ? stream : undefined) } as unknown as QuicConnection;
  return { connection, written, open: () => (isOpen = true) };
}

test('what is said before the stream may be opened is said after its type', () => {
  const { connection, written, open } = connectionWith(100);
  const stream = new CriticalStream(connection, 2);
  stream.write(Uint8Array.of(7));
  expect([stream.id, stream.unsentBytes]).toEqual([-1, 1]);
  stream.write(new Uint8Array(0));
  open();
  stream.write(Uint8Array.of(8));
  stream.flush();
  expect([stream.id, ...written]).toEqual([2, 2, 7, 8]);
});

test.each([0, 10])('a peer that takes %d bytes cannot make it keep more than 64 KiB', (credit) => {
  const { connection, open } = connectionWith(credit);
  if (credit > 0) open();
  const stream = new CriticalStream(connection, 3);
  const fill = (): void => {
    for (let i = 0; i < 1000; i++) stream.write(new Uint8Array(100));
  };
  expect((caught(fill) as Http3Error).code).toBe(Code.ExcessiveLoad);
  expect(stream.unsentBytes).toBeLessThan(65_536 + 101);
});

test('tells when the peer has all that was said so far, and takes as much as before afterwards', () => {
  const { connection, open } = connectionWith(100);
  open();
  const stream = new CriticalStream(connection, 0);
  expect(stream.isHeard).toBe(true);
  stream.write(Uint8Array.of(7));
  const quic = connection.openStream() as unknown as { acknowledgedBytes: number; mark: number };
  stream.awaitHearing();
  stream.flush();
  expect([stream.isHeard, quic.mark]).toEqual([false, 1]);
  quic.acknowledgedBytes = 2;
  stream.flush();
  expect([stream.isHeard, quic.mark]).toEqual([true, Infinity]);
});

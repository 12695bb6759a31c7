import { expect, test } from '@jest/globals';
import { concatBytes, encodeVarint } from '@tsquic/bytes';
import type { QuicStream } from '@tsquic/quic-core';
import { IncomingMessage } from './incoming-message.ts';

const SECTION = Uint8Array.from({ length: 16_000 }, (_, i) => i % 251);

/** A stream whose bytes come as the test says, and the largest buffer that it was given to read into. */
class ArrivingStream {
  readonly finished = false;
  largestBuffer = 0;
  private bytes: Uint8Array = new Uint8Array(0);

  get readableBytes(): number {
    return this.bytes.length;
  }

  arrive(bytes: Uint8Array): void {
    this.bytes = concatBytes(this.bytes, bytes);
  }

  read(into: Uint8Array): number {
    this.largestBuffer = Math.max(this.largestBuffer, into.buffer.byteLength);
    const count = Math.min(into.length, this.bytes.length);
    into.set(this.bytes.subarray(0, count));
    this.bytes = this.bytes.slice(count);
    return count;
  }
}

test.each([1, 7, 1000, 16_000])('a HEADERS frame takes memory as it comes, in pieces of %d bytes', (size) => {
  const stream = new ArrivingStream();
  const decoded: Uint8Array[] = [];
  const unexpected = (): never => {
    throw new Error('this is not told');
  };
  const message = new IncomingMessage(
    stream as unknown as QuicStream,
    {
      ...{ isServer: true, tracer: {} },
      decode: (section) => {
        decoded.push(section);
        return { kind: 'blocked' };
      },
      ...{ onHead: unexpected, onTrailers: unexpected, onContent: unexpected, onEnd: unexpected },
      ...{ extensionTypes: [], onExtension: unexpected },
    },
    16_384,
  );
  stream.arrive(concatBytes(Uint8Array.of(0x01), encodeVarint(SECTION.length)));
  message.pump();
  expect(stream.largestBuffer).toBeLessThanOrEqual(64);
  for (let at = 0; at < SECTION.length; at += size) {
    stream.arrive(SECTION.subarray(at, at + size));
    message.pump();
    expect(stream.largestBuffer).toBeLessThanOrEqual(Math.max(2 * (at + size), 64));
  }
  expect(decoded).toEqual([SECTION]);
});

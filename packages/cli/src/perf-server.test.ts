import { expect, test } from '@jest/globals';
import { MemoryStream } from '../test/memory-stream.ts';
import { encodeResponseLength, PerfServer, responseLength } from './perf-server.ts';
import { zeros } from './zeros.ts';

// Network byte order, draft-banks-quic-performance-00 §2.3.1.
test.each([
  [0, [0, 0, 0, 0, 0, 0, 0, 0]],
  [1, [0, 0, 0, 0, 0, 0, 0, 1]],
  [0x1_0203_0405, [0, 0, 0, 1, 2, 3, 4, 5]],
  [2 ** 53 - 1, [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
])('a response length of %i', (length, bytes) => {
  expect([...encodeResponseLength(length)]).toEqual(bytes);
  expect(responseLength(Uint8Array.from(bytes))).toBe(length);
});

test('a length without end', () => {
  expect(responseLength(new Uint8Array(8).fill(0xff))).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
});

// draft-banks-quic-performance-00 §2.3: the server drains the rest of the client data, and then sends.
test.each([
  ['both ways', 0, 5000],
  ['both ways, for nothing', 0, 0],
  ['one way', 2, 5000],
])('an upload %s is read to its end before it is answered', (_name, id, length) => {
  const asked = new MemoryStream(id);
  const answers: MemoryStream[] = [];
  const openStream = (): MemoryStream => {
    answers.push(new MemoryStream(3));
    return answers.at(-1)!;
  };
  const server = new PerfServer({ openStream });
  const isAnswered = (): boolean =>
    asked.source !== undefined || asked.ended || answers.some(({ source }) => source !== undefined);
  asked.arrive(encodeResponseLength(length).subarray(0, 5));
  const exchange = server.onStream(asked);
  exchange.onReadable();
  asked.arrive(encodeResponseLength(length).subarray(5));
  for (let i = 0; i < 100; i++) {
    exchange.onReadable();
    expect(isAnswered()).toBe(false);
    asked.arrive(new Uint8Array(1000));
  }
  exchange.onReadable();
  expect([asked.readableBytes, isAnswered()]).toEqual([0, false]);
  asked.arrive('', true);
  exchange.onReadable();
  expect(isAnswered()).toBe(true);
  expect(answers).toHaveLength(id === 2 ? 1 : 0);
});

test('zeros fill what they are given until they end', () => {
  const source = zeros(5);
  const room = new Uint8Array(3).fill(9);
  expect(source(room)).toEqual({ bytes: 3, fin: false });
  expect(source(room)).toEqual({ bytes: 2, fin: true });
  expect(zeros(0)(room)).toEqual({ bytes: 0, fin: true });
  expect([...room]).toEqual([0, 0, 0]);
});

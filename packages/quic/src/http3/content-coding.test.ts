import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { decodeContent } from './content-coding.ts';

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new Blob([Uint8Array.from(bytes)]).stream();
const TEXT = 'text '.repeat(10_000);

test.each([
  ['gzip', gzipSync(TEXT)],
  ['X-GZip', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  // Without the header of zlib, as some servers have it.
  ['Deflate', deflateRawSync(TEXT)],
  ['deflate', deflateRawSync(TEXT, { level: 0 })],
  ['gzip, deflate', deflateRawSync(gzipSync(TEXT))],
  ['br', brotliCompressSync(TEXT)],
  ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
  ['identity', Buffer.from(TEXT)],
  ['', Buffer.from(TEXT)],
])('%s', async (codings, bytes) => {
  expect(await new Response(decodeContent(streamOf(bytes), codings)).text()).toBe(TEXT);
});

test('unknown codings, and more than two, are left as they are', () => {
  for (const codings of ['zstd9', 'gzip, gzip, gzip', 'constructor']) {
    const stream = streamOf(Buffer.from('x'));
    expect(decodeContent(stream, codings)).toBe(stream);
  }
});

test('content of deflate may come in pieces, be empty, and be cut short', async () => {
  const pieces = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(0));
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
  const text = (bytes: Uint8Array): Promise<string> =>
    new Response(decodeContent(pieces(bytes), 'deflate')).text();
  for (const coded of [deflateSync('some text'), deflateRawSync('some text')]) {
    expect(await text(coded)).toBe('some text');
    expect('some text').toContain(await text(coded.subarray(0, -5)));
  }
  expect(await text(new Uint8Array(0))).toBe('');
  await expect(text(Uint8Array.of(0x78, 0x9c, 7, 7, 7))).rejects.toThrow('invalid');
});

test('content that cannot be decoded fails', async () => {
  const decoded = decodeContent(streamOf(Buffer.from('no gzip at all')), 'gzip');
  await expect(new Response(decoded).text()).rejects.toThrow('incorrect header check');
});

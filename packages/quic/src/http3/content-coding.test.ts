import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { decodeContent } from './content-coding.ts';

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new Blob([Uint8Array.from(bytes)]).stream();
const TEXT = 'text '.repeat(10_000);

test.each([
  ['gzip', gzipSync(TEXT)],
  ['X-GZip', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
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

test('content that cannot be decoded fails', async () => {
  const decoded = decodeContent(streamOf(Buffer.from('no gzip at all')), 'gzip');
  await expect(new Response(decoded).text()).rejects.toThrow('incorrect header check');
});

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
});

test.each(['gzip', 'deflate', 'br', 'gzip, br'])(
  'content that is no %s fails with its cause',
  async (codings) => {
    const decoded = decodeContent(
      streamOf(Uint8Array.of(0x78, 0x9c, ...Buffer.from('none at all'))),
      codings,
    );
    const failed = await new Response(decoded).text().catch((error: Error) => error);
    expect(failed).toMatchObject({
      name: 'TypeError',
      message: 'the content of the response cannot be decoded',
      cause: { code: expect.stringMatching(/^Z_|^ERR_/) },
    });
  },
);

test('content that fails before it is decoded fails as it did, and who cancels is heard', async () => {
  const mine = new TypeError('the response ended early');
  const failing = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(mine) });
  await expect(new Response(decodeContent(failing, 'gzip')).text()).rejects.toBe(mine);
  const reasons: unknown[] = [];
  const endless = new ReadableStream<Uint8Array>({
    pull: () => new Promise(() => {}),
    cancel: (reason) => void reasons.push(reason),
  });
  await decodeContent(endless, 'br').cancel('enough');
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(reasons).toHaveLength(1);
});

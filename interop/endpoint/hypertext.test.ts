import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QuicStream } from 'tsquic';
import { answerRequest } from './hypertext.ts';

const root = mkdtempSync(join(tmpdir(), 'interop-hypertext-'));
beforeAll(() => writeFileSync(join(root, 'file'), 'content'));
afterAll(() => rmSync(root, { recursive: true }));

/** What becomes of a request whose parts `next` gives: the answer, or that it was reset, and how many parts were read. */
async function answer(next: (at: number) => string | undefined): Promise<readonly [string, number]> {
  let [answered, parts] = ['', 0];
  const readable = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const part = next(parts++);
        if (part === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(part));
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) => void (answered += new TextDecoder().decode(chunk)),
    abort: () => void (answered = 'reset'),
  });
  await answerRequest({ readable, writable } as unknown as QuicStream, root).catch(() => undefined);
  return [answered, parts];
}

const request = (...parts: string[]): Promise<readonly [string, number]> => answer((at) => parts[at]);

test('a request in parts is answered with a file', async () => {
  expect(await request('GET /f', 'ile\r\n')).toEqual(['content', 3]);
});

test.each(['GET /missing\r\n', 'GET /fi\0le\r\n', 'GET /%ff\r\n', 'GET /\r\n', 'PUT /file\r\n', ''])(
  '%j is reset',
  async (text) => {
    expect((await request(text))[0]).toBe('reset');
  },
);

test('a request without end is reset before it is kept', async () => {
  const part = 'GET /'.padEnd(1000, 'a');
  // A server without a bound would take them all.
  expect(await answer((at) => (at < 1000 ? part : undefined))).toEqual(['reset', 9]);
});

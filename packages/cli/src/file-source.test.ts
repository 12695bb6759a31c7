import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { MemoryStream } from '../test/memory-stream.ts';
import { FileSource } from './file-source.ts';

const directory = mkdtempSync(join(tmpdir(), 'tsquic-source-'));
const path = join(directory, 'file');
afterAll(() => rmSync(directory, { recursive: true }));

describe('a file goes into a stream', () => {
  test.each([
    { size: 0, roomBytes: 1000 },
    { size: 1, roomBytes: 1000 },
    { size: 300_000, roomBytes: 50_000 },
    { size: 600_000, roomBytes: 1_000_000 },
  ])('$size bytes, $roomBytes at a time', async ({ size, roomBytes }) => {
    const { stream, bytes, source, reads, ends } = await begin(size);
    stream.roomBytes = roomBytes;
    source.pump();
    while (ends.length === 0) {
      await reads();
      stream.roomBytes = roomBytes;
      source.pump();
    }
    expect(Buffer.from(stream.written).equals(bytes)).toBe(true);
    expect(stream.ended).toBe(true);
    expect(ends).toEqual([[size, true]]);
  });

  test('no faster than the stream takes it', async () => {
    const { stream, source, reads } = await begin(1_000_000);
    stream.roomBytes = 1000;
    source.pump();
    while (stream.written.length === 0) await reads();
    // However often it is asked, and however much time there is.
    for (let turn = 0; turn < 3; turn++) {
      source.pump();
      await reads();
    }
    expect(stream.written).toHaveLength(1000);
    source.abort();
  });

  test('until it turns out shorter than it was: then the stream is reset', async () => {
    const { stream, source, ends } = await begin(600_000);
    truncateSync(path, 300_000);
    source.pump();
    while (ends.length === 0) await pause();
    expect(stream.resetCode).toBe(500);
    expect(stream.ended).toBe(false);
    expect(ends).toEqual([[300_000, false]]);
  });

  test('until somebody gives up', async () => {
    const { stream, source, ends } = await begin(600_000);
    source.pump();
    source.abort();
    stream.gone = true;
    await pause();
    source.pump();
    expect(ends).toEqual([[0, false]]);
  });

  test('until the stream is gone without our having heard', async () => {
    const { stream, source, ends } = await begin(1000);
    stream.gone = true;
    source.pump();
    await pause();
    expect(ends).toEqual([]);
    source.abort();
    expect(ends).toEqual([[0, false]]);
  });
});

interface Begun {
  readonly stream: MemoryStream;
  readonly bytes: Buffer;
  readonly source: FileSource;
  readonly reads: () => Promise<void>;
  readonly ends: [number, boolean][];
}

async function begin(size: number): Promise<Begun> {
  const bytes = randomBytes(size);
  writeFileSync(path, bytes);
  const stream = new MemoryStream();
  const ends: [number, boolean][] = [];
  const source = new FileSource(
    { handle: await open(path), size, mtimeMs: 0 },
    stream,
    () => {},
    (sentBytes, isWhole) => ends.push([sentBytes, isWhole]),
  );
  return { stream, bytes, source, reads: pause, ends };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

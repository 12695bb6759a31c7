import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createSink, type Sink } from './sink.ts';

const directory = mkdtempSync(join(tmpdir(), 'tsquic-sink-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('a file', () => {
  test.each([0, 1, 16_384, 16_385, 300_000, 1_000_000])(
    'of %i bytes arrives whole, with its checksum',
    async (size) => {
      const path = join(directory, `size-${size}`);
      const bytes = randomBytes(size);
      const sink = createSink({ path, checksum: true });
      await fill(sink, bytes);
      expect(existsSync(path)).toBe(false);
      expect(await sink.finish()).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(readFileSync(path).equals(bytes)).toBe(true);
    },
  );

  test('that is given up leaves nothing behind', async () => {
    const sink = createSink({ path: join(directory, 'given-up'), checksum: false });
    await fill(sink, randomBytes(400_000));
    await sink.abort();
    expect(readdirSync(directory).filter((name) => name.includes('given-up'))).toEqual([]);
  });

  test('does not write through links that are there', async () => {
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(directory, 'linked'));
    symlinkSync(victim, join(directory, '.linked.part'));
    const sink = createSink({ path: join(directory, 'linked'), checksum: false });
    await fill(sink, randomBytes(10));
    await sink.finish();
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  test('that cannot be written fails once', async () => {
    const failures: unknown[] = [];
    const sink = createSink({ path: join(directory, 'no', 'such', 'directory'), checksum: false });
    sink.onFailure = (error) => failures.push(error);
    sink.space();
    sink.filled(10);
    await expect(sink.finish()).rejects.toMatchObject({ code: 'ENOENT' });
    expect(failures).toHaveLength(1);
  });
});

test('memory is bounded: two chunks, then no space until the disk has caught up', async () => {
  const sink = createSink({ path: join(directory, 'slow'), checksum: false });
  let taken = 0;
  for (let space = sink.space(); space !== undefined; space = sink.space()) {
    taken += space.length;
    sink.filled(space.length);
  }
  expect(taken).toBeLessThanOrEqual(512 * 1024);
  await new Promise<void>((resolve) => (sink.onSpace = resolve));
  expect(sink.space()?.length).toBeGreaterThan(0);
  await sink.abort();
});

async function fill(sink: Sink, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const space = sink.space();
    if (space === undefined) {
      await new Promise<void>((resolve) => (sink.onSpace = resolve));
      continue;
    }
    const count = Math.min(space.length, bytes.length - at, 5000);
    space.set(bytes.subarray(at, at + count));
    sink.filled(count);
    at += count;
  }
}

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

test('workers of node:cluster have sockets of their own, and are told that a port cannot be shared', async () => {
  const script = fileURLToPath(new URL('programs/cluster-workers.ts', import.meta.url));
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const words = ['-C', 'tsquic-src', '--no-warnings', '--import', './tools/ts.mjs', script];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd, timeout: 550_000 });
  const { alone, shared } = JSON.parse(stdout) as {
    readonly alone: { port: number }[];
    readonly shared: unknown;
  };
  expect(alone).toEqual([
    { port: expect.any(Number), echoed: 5 },
    { port: expect.any(Number), echoed: 5 },
  ]);
  expect(new Set(alone.map(({ port }) => port)).size).toBe(2);
  const refused = { code: 'ERR_QUIC_INVALID_OPTION', message: expect.stringContaining('node:cluster') };
  // The first of them has the port itself already, from the first half.
  expect(shared).toEqual([refused, refused]);
});

import { expect, test } from '@jest/globals';
import { parseCommandLine } from './arguments.ts';
import { clientSettings } from './client-settings.ts';

/** What a client misses after a NAT rebinding is noticed by its PING alone. */
test.each([
  [[], 1000],
  [['--timeout', '60'], 1000],
  [['--timeout', '0.3'], 100],
])('%j: a PING after so many milliseconds of silence', async (words, keepAliveMs) => {
  const args = parseCommandLine(['get', 'https://x/', '--insecure', ...words]);
  const terminal = { out: () => {}, err: () => {}, status: () => {}, environment: {} };
  const { transport } = await clientSettings(args, terminal, 'hq-interop', undefined);
  expect(transport?.keepAliveMs).toBe(keepAliveMs);
});

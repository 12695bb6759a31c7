import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { keyLogFor } from './key-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'tsquic-keys-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('lines are appended to the file named', () => {
  const path = join(directory, 'named');
  for (const line of ['a', 'b']) keyLogFor(path, {})?.(line);
  expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('the option alone means SSLKEYLOGFILE', () => {
  const path = join(directory, 'environment');
  keyLogFor('', { SSLKEYLOGFILE: path })?.('a');
  expect(readFileSync(path, 'utf8')).toBe('a\n');
});

test('the environment alone means nothing', () => {
  expect(keyLogFor(undefined, { SSLKEYLOGFILE: join(directory, 'unasked') })).toBeUndefined();
});

test.each([
  { option: '', environment: {}, code: 'ERR_TSQUIC_KEYLOG' },
  { option: '', environment: { SSLKEYLOGFILE: '' }, code: 'ERR_TSQUIC_KEYLOG' },
  { option: join(directory, 'no', 'file'), environment: {}, code: 'ENOENT' },
])('no usable file is an error: $code', ({ option, environment, code }) => {
  expect(() => keyLogFor(option, environment)).toThrow(expect.objectContaining({ code }));
});

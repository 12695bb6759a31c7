import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Failure, oneLine, systemFailure } from './failure.ts';

test('a failure is one line, whatever the network put in it', () => {
  const failure = new Failure('ERR_X', 'first\r\nsecond\u001b[31m', 'do this');
  expect(failure.line).toBe('ERR_X: first second [31m (do this)');
  expect(oneLine('a\u2028b\u0085c')).toBe('a b c');
});

test('errors of the system name what failed and why', () => {
  let error: unknown;
  try {
    readFileSync('/nonexistent/file');
  } catch (thrown) {
    error = thrown;
  }
  expect((systemFailure(error, 'read it') as Failure).line).toBe(
    'ENOENT: cannot read it: no such file or directory',
  );
});

test('other errors stay what they are', () => {
  const error = new TypeError('bug');
  expect(systemFailure(error, 'read it')).toBe(error);
});

import { expect, test } from '@jest/globals';
import { quicVersionName, quicVersionsFor } from './quic-versions.ts';

test.each([
  [undefined, undefined],
  ['1', [1]],
  ['2', [0x6b3343cf]],
  ['2,1', [0x6b3343cf, 1]],
  ['1,2', [1, 0x6b3343cf]],
])('--quic-versions %s is %j', (list, versions) => {
  expect(quicVersionsFor(list)).toEqual(versions);
});

test.each(['', '3', '1,', '1,1', '2,3', 'v1', '1, 2'])('--quic-versions "%s" is refused', (list) => {
  expect(() => quicVersionsFor(list)).toThrow(
    expect.objectContaining({
      code: 'ERR_TSQUIC_USAGE',
      message: `--quic-versions ${list}: use 1 and 2, each once, as in 2,1`,
    }),
  );
});

test.each([
  [1, 1],
  [0x6b3343cf, 2],
  [0x1a2a3a4a, undefined],
])('version %i is called %s', (version, name) => {
  expect(quicVersionName(version)).toBe(name);
});

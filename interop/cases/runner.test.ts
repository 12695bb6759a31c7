import { expect, test } from '@jest/globals';
import { RUNNER_SUITE } from './runner.ts';

test('the 22 cases of the runner, by its names and letters', () => {
  expect(RUNNER_SUITE.map(({ name, letter }) => `${name} ${letter}`)).toEqual([
    'handshake H',
    'transfer DC',
    'longrtt LR',
    'chacha20 C20',
    'multiplexing M',
    'retry S',
    'resumption R',
    'zerortt Z',
    'http3 3',
    'blackhole B',
    'keyupdate U',
    'ecn E',
    'amplificationlimit A',
    'handshakeloss L1',
    'transferloss L2',
    'handshakecorruption C1',
    'transfercorruption C2',
    'ipv6 6',
    'v2 V2',
    'rebind-port BP',
    'rebind-addr BA',
    'connectionmigration CM',
  ]);
});

test('its files and times', () => {
  const of = (name: string): string => {
    const { files, timeoutMs } = RUNNER_SUITE.find((one) => one.name === name)!;
    return `${files.length} of ${[...new Set(files.map(({ bytes }) => bytes))].join(', ')} in ${timeoutMs / 1000} s`;
  };
  expect(of('transfer')).toBe('3 of 2097152, 3145728, 5242880 in 60 s');
  expect(of('multiplexing')).toBe('1999 of 32 in 60 s');
  expect(of('resumption')).toBe('2 of 5120, 10240 in 60 s');
  expect(of('handshakeloss')).toBe('50 of 1024 in 300 s');
  expect(of('handshakecorruption')).toBe('50 of 1024 in 300 s');
  expect(of('rebind-addr')).toBe('1 of 10485760 in 60 s');
  const early = RUNNER_SUITE.find(({ name }) => name === 'zerortt')!.files;
  expect(new Set(early.map(({ name }) => name)).size).toBe(40);
  expect(new Set(early.map(({ name }) => name.length))).toEqual(new Set([250]));
});

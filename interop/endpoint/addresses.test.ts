import { expect, test } from '@jest/globals';
import { ownAddresses, parsePreferred } from './addresses.ts';

test('a preferred address is named as text', () => {
  expect(parsePreferred('127.0.0.1:4434')).toEqual({ ipv4: { ip: '127.0.0.1', port: 4434 } });
  expect(parsePreferred('[::1]:4434')).toEqual({ ipv6: { ip: '::1', port: 4434 } });
  expect(() => parsePreferred(':4434')).toThrow('Invalid URL');
});

test('a server that has one address prefers that one', () => {
  expect(ownAddresses('127.0.0.1', 444)).toEqual({ ipv4: { ip: '127.0.0.1', port: 444 } });
  expect(ownAddresses('::1', 444)).toEqual({ ipv6: { ip: '::1', port: 444 } });
});

test('one that has all prefers none that others cannot reach', () => {
  const { ipv4, ipv6 } = ownAddresses(undefined, 444);
  const ips = [ipv4?.ip ?? '', ipv6?.ip ?? ''];
  expect(ips.filter((ip) => /^(127\.|::1$|fe80)/.test(ip))).toEqual([]);
});

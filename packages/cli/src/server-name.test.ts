import { expect, test } from '@jest/globals';
import { Failure } from './failure.ts';
import { serverNameFor } from './server-name.ts';

test('the option wins, and either goes in its ASCII form', () => {
  expect(serverNameFor(undefined, 'Example.org')).toBe('example.org');
  expect(serverNameFor('bücher.example.', 'example.org')).toBe('xn--bcher-kva.example');
  expect(serverNameFor(undefined, '::1')).toBe('::1');
});

test.each(['', 'a b', 'a..', 'a:443', 'https://a'])('%j is no name', (name) => {
  expect(() => serverNameFor(name, 'example.org')).toThrow(Failure);
  expect(() => serverNameFor(name, 'example.org')).toThrow('neither a host name');
});

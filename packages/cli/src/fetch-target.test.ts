import { describe, expect, test } from '@jest/globals';
import { authorityOf, groupByServer, parseTarget } from './fetch-target.ts';

describe('a URL', () => {
  test.each([
    {
      url: 'https://example.com/a/b.bin',
      host: 'example.com',
      port: 443,
      path: '/a/b.bin',
      fileName: 'b.bin',
    },
    { url: 'https://127.0.0.1:4433/x?y=1', host: '127.0.0.1', port: 4433, path: '/x?y=1', fileName: 'x' },
    { url: 'https://[::1]:4433/file', host: '::1', port: 4433, path: '/file', fileName: 'file' },
    { url: 'https://example.com./a%20b', host: 'example.com', port: 443, path: '/a%20b', fileName: 'a b' },
    { url: 'https://h/../../etc/passwd', host: 'h', port: 443, path: '/etc/passwd', fileName: 'passwd' },
    { url: 'https://h/dir/', host: 'h', port: 443, path: '/dir/', fileName: '' },
  ])('$url is read', ({ url, ...target }) => {
    expect(parseTarget(url)).toEqual({ url, ...target });
  });

  test.each([
    'example.com/file',
    '',
    'http://example.com/',
    'https://user:word@example.com/',
    'https://example.com:99999/',
    'https://h/..%2fetc%2fpasswd',
    'https://h/a%5cb',
    'https://h/a%00b',
    'https://h/%2e%2e%2f',
    'https://h/%zz',
  ])('%j is refused', (url) => {
    expect(() => parseTarget(url)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_URL' }));
  });
});

test('targets of one server share a connection', () => {
  const targets = ['https://a/1', 'https://b/2', 'https://a:444/3', 'https://a/4'].map(parseTarget);
  const names = groupByServer(targets).map((group) => group.map(({ fileName }) => fileName));
  expect(names).toEqual([['1', '4'], ['2'], ['3']]);
});

test('IPv6 addresses stand in brackets', () => {
  expect(authorityOf({ host: '::1', port: 443 })).toBe('[::1]:443');
  expect(authorityOf({ host: 'a', port: 1 })).toBe('a:1');
});

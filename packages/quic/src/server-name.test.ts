import { expect, test } from '@jest/globals';
import { asciiServerName } from './server-name.ts';

test.each([
  ['example.org', 'example.org'],
  ['Example.ORG.', 'example.org'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
  ['bücher。example', 'xn--bcher-kva.example'],
  ['my_host', 'my_host'],
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
])('%j is %j', (name, ascii) => {
  expect(asciiServerName('servername', name)).toBe(ascii);
});

test.each([
  '',
  '.',
  'a b',
  'a\nb',
  'example.org..',
  'a..b',
  '.a',
  '-a.example',
  `${'x'.repeat(64)}.example`,
  'a/b',
  'a:443',
  '[::1]',
  'user@host',
  'a%00b',
  'xn--0',
  'a\u0000b',
])('%j is neither a name nor an address', (name) => {
  expect(() => asciiServerName('host', name)).toThrow(
    expect.objectContaining({ code: 'ERR_QUIC_INVALID_OPTION', message: expect.stringMatching(/^host: /) }),
  );
});

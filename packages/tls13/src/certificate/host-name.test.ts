import { expect, test } from '@jest/globals';
import { NameForm } from './general-name.ts';
import { hasAddressAsDnsName, matchesHost } from './host-name.ts';

const ADDRESS = '1::2';
/** The four characters of `ADDRESS` as the content of a name. */
const TEXT = Uint8Array.of(0x31, 0x3a, 0x3a, 0x32);

test.each([
  ['a DNS name', NameForm.Dns, true],
  ['the bytes of another address', NameForm.Ip, false],
  ['a URI', NameForm.Uri, false],
])('a numeric address as %s is a DNS name: %p, and matches no address', (_name, form, isDnsName) => {
  // RFC 9525 §6.5
  const names = [{ form, value: TEXT }];
  expect(hasAddressAsDnsName(names, ADDRESS)).toBe(isDnsName);
  expect(matchesHost(names, ADDRESS)).toBe(false);
});

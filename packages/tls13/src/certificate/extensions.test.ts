import { expect, test } from '@jest/globals';
import { DerError } from '@tsquic/bytes/der';
import { readExtensions } from './extensions.ts';

// RFC 5280 §4.1: the field is OPTIONAL, and SIZE (1..MAX) when it is there (§4.1.2.9).
test('a certificate without extensions certifies no name and restricts nothing', () => {
  expect(readExtensions(undefined)).toMatchObject({
    names: [],
    keyUsage: undefined,
    unknownCritical: undefined,
  });
});

test('a list of no extensions is refused', () => {
  expect(() => readExtensions(Uint8Array.of(0x30, 0))).toThrow(DerError);
});

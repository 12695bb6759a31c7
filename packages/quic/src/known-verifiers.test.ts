import { describe, expect, test } from '@jest/globals';
import type { CertificateVerifier } from '@tsquic/tls13';
import { KnownVerifiers } from './known-verifiers.ts';

const verifier = (): CertificateVerifier => ({ verify: () => undefined });

describe('known verifiers', () => {
  test('are found by authorities of the same content, whatever object holds them', () => {
    const known = new KnownVerifiers();
    const [ofText, ofBytes] = [verifier(), verifier()];
    known.add(['one', 'two'], ofText);
    known.add(Uint8Array.of(1, 2), ofBytes);
    expect(known.find(['one', 'two'])).toBe(ofText);
    expect(known.find([Uint8Array.of(1, 2)])).toBe(ofBytes);
    for (const other of [['two', 'one'], 'one', ['one'], Uint8Array.of(1), Uint8Array.of(1, 3)])
      expect(known.find(other)).toBeUndefined();
  });

  test('keep the authorities that they were given, when the program writes into its bytes', () => {
    const known = new KnownVerifiers();
    const bytes = Uint8Array.of(1, 2);
    known.add(bytes, verifier());
    bytes[0] = 9;
    expect(known.find(bytes)).toBeUndefined();
    expect(known.find(Uint8Array.of(1, 2))).toBeDefined();
  });

  test('are eight at most, and the first one goes first', () => {
    const known = new KnownVerifiers();
    for (let i = 0; i <= 8; i++) known.add(String(i), verifier());
    expect(known.find('0')).toBeUndefined();
    for (let i = 1; i <= 8; i++) expect(known.find(String(i))).toBeDefined();
  });
});

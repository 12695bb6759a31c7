import * as crypto from '@tsquic/crypto';
import * as compliance from '@tsquic/crypto/compliance';
import * as ffi from '@tsquic/crypto/ffi';
import * as noble from '@tsquic/crypto/noble';
import * as node from '@tsquic/crypto/node';
import * as wasm from '@tsquic/crypto/wasm';
import { describe, expect, test } from '@jest/globals';
import { covers } from '@tsquic/testing';

test('public names', () => {
  expect(Object.keys(crypto).sort()).toEqual([
    'AES_128_GCM_SHA256',
    'AES_256_GCM_SHA384',
    'CHACHA20_POLY1305_SHA256',
    'CIPHER_SUITES',
    'CertificateScheme',
    'Group',
    'HASH_LENGTH',
    'IV_LENGTH',
    'SignatureScheme',
    'TAG_LENGTH',
    'cipherSuiteById',
    'deriveSecret',
    'expandLabel',
    'groupByName',
    'groupName',
  ]);
  expect(Object.keys(noble)).toEqual(['createNobleProvider']);
  expect(Object.keys(ffi).sort()).toEqual(['createFfiProvider', 'hasFfiAead']);
  expect(Object.keys(node)).toEqual(['createNodeProvider']);
  expect(Object.keys(compliance)).toEqual(['runProviderCompliance']);
});

describe('cipher suites', () => {
  test.each(crypto.CIPHER_SUITES)(`$name is found by its code point`, (suite) => {
    expect(crypto.cipherSuiteById(suite.id)).toBe(suite);
  });

  test('others are not found', () => {
    // TLS_AES_128_CCM_8_SHA256, which RFC 9001 §5.3 excludes, and a grease value.
    for (const id of [0x1305, 0x1304, 0x0a0a]) expect(crypto.cipherSuiteById(id)).toBeUndefined();
  });

  test('each has limits and header protection', () => {
    covers('rfc9001-5.3-1');
    const provider = node.createNodeProvider();
    for (const { aead, keyLength, confidentialityLimit, integrityLimit } of crypto.CIPHER_SUITES) {
      expect(provider.createHeaderProtection(aead, new Uint8Array(keyLength)).mask.length).toBe(5);
      // RFC 9001 §6.6: 2^23 and 2^52 for AES-GCM, none and 2^36 for ChaCha20-Poly1305.
      const expected = aead === 'chacha20-poly1305' ? [Infinity, 2 ** 36] : [2 ** 23, 2 ** 52];
      expect([confidentialityLimit, integrityLimit]).toEqual(expected);
    }
  });
});

describe('labels', () => {
  const provider = node.createNodeProvider();

  test('Derive-Secret gives the secrets of RFC 8448 §3', () => {
    const early = provider.hkdfExtract('sha256', new Uint8Array(32), new Uint8Array(32));
    const nothing = provider.hash('sha256', new Uint8Array(0));
    const derived = crypto.deriveSecret(provider, 'sha256', early, 'derived', nothing);
    expect(Buffer.from(derived).toString('hex')).toBe(
      '6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba',
    );
  });

  test.each([
    ['label', 'x'.repeat(250), 0, 32],
    ['context', 'x', 256, 32],
    ['length', 'x', 0, 65536],
  ])('a %s too large for its field is refused', (_name, label, contextLength, length) => {
    const context = new Uint8Array(contextLength);
    expect(() => crypto.expandLabel(provider, 'sha256', new Uint8Array(32), label, context, length)).toThrow(
      RangeError,
    );
  });
});

test('key and IV of a wrong length are refused', () => {
  for (const provider of [node.createNodeProvider(), noble.createNobleProvider({ random: () => {} })]) {
    for (const { aead, keyLength } of crypto.CIPHER_SUITES) {
      const iv = new Uint8Array(12);
      expect(() => provider.createAead(aead, new Uint8Array(keyLength - 1), iv)).toThrow(RangeError);
      expect(() => provider.createAead(aead, new Uint8Array(keyLength), iv.subarray(1))).toThrow(RangeError);
      expect(() => provider.createHeaderProtection(aead, new Uint8Array(keyLength - 1))).toThrow(RangeError);
    }
  }
});

test('reproducible runs prefer the same suites, and lengths of headers, on every host', () => {
  const random = (out: Uint8Array): void => void out.fill(1);
  expect(node.createNodeProvider({ random }).preferredSuites).toBe(crypto.CIPHER_SUITES);
  expect(noble.createNobleProvider({ random }).preferredSuites).toBe(crypto.CIPHER_SUITES);
  for (const { aead, keyLength } of crypto.CIPHER_SUITES) {
    const made = node
      .createNodeProvider({ random })
      .createAead(aead, new Uint8Array(keyLength), new Uint8Array(12));
    expect(made.headerLength).toBe(undefined);
  }
});

test('others lead with the one that is fastest there, in WebAssembly or by node:ffi, and leave none out', () => {
  const [aes, chacha] = ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'];
  for (const [{ preferredSuites }, first] of [
    [node.createNodeProvider(), ffi.hasFfiAead() ? aes : chacha],
    [wasm.createWasmProvider({ random: () => {} }), chacha],
  ] as const) {
    expect(preferredSuites[0]!.name).toBe(first);
    expect(new Set(preferredSuites)).toEqual(new Set(crypto.CIPHER_SUITES));
  }
});

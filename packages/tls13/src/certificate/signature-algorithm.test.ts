import { describe, expect, test } from '@jest/globals';
import { concatBytes, fromHex } from '@tsquic/bytes';
import { DerTag, encodeDer } from '@tsquic/bytes/der';
import { CertificateScheme, SignatureScheme } from '@tsquic/crypto';
import { readCertificateSignature, signatureCost } from './signature-algorithm.ts';

const RSA = '2a864886f70d010101';
const RSASSA_PSS = '2a864886f70d01010a';
const EC = '2a8648ce3d0201';
const MGF1 = '2a864886f70d010108';
const SHA_1 = '2b0e03021a';
const [SHA_256, SHA_384, SHA_512] = ['01', '02', '03'].map((last) => `6086480165030402${last}`) as [
  string,
  string,
  string,
];

const sequence = (...parts: Uint8Array[]): Uint8Array => encodeDer(DerTag.Sequence, concatBytes(...parts));
const identifier = (hex: string): Uint8Array => encodeDer(DerTag.ObjectIdentifier, fromHex(hex));
const integer = (hex: string): Uint8Array => encodeDer(DerTag.Integer, fromHex(hex));
const NULL = encodeDer(DerTag.Null, new Uint8Array(0));
const NOTHING = new Uint8Array(0);

/** A SubjectPublicKeyInfo of so many bytes; what the key is does not matter here. */
function keyOf(algorithm: string, bytes = 294): Uint8Array {
  const head = sequence(identifier(algorithm));
  for (let content = bytes; ; content--) {
    const key = sequence(head, encodeDer(0x03, new Uint8Array(content)));
    if (key.length === bytes) return key;
  }
}

/** The parts of RSASSA-PSS-params, RFC 4055 §3.1. */
interface Params {
  readonly hash: Uint8Array;
  readonly mask: Uint8Array;
  readonly salt: Uint8Array;
  readonly trailer: Uint8Array;
  readonly after: Uint8Array;
  readonly outside: Uint8Array;
}

const hashOf = (hex: string, parameters = NULL): Uint8Array => sequence(identifier(hex), parameters);
const maskOf = (hash: Uint8Array, generator = MGF1): Uint8Array => sequence(identifier(generator), hash);

function pss(changes: Partial<Params> = {}): Uint8Array {
  const params = {
    hash: encodeDer(0xa0, hashOf(SHA_256)),
    mask: encodeDer(0xa1, maskOf(hashOf(SHA_256))),
    salt: encodeDer(0xa2, integer('20')),
    trailer: encodeDer(0xa3, integer('01')),
    after: NOTHING,
    outside: NOTHING,
    ...changes,
  };
  const { hash, mask, salt, trailer, after, outside } = params;
  return sequence(identifier(RSASSA_PSS), sequence(hash, mask, salt, trailer, after), outside);
}

const withHash = (hex: string): Uint8Array =>
  pss({ hash: encodeDer(0xa0, hashOf(hex)), mask: encodeDer(0xa1, maskOf(hashOf(hex))) });

describe('RSASSA-PSS (RFC 4055 §3.1)', () => {
  test.each([
    ['SHA-256', SHA_256, SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssPssSha256],
    ['SHA-384', SHA_384, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssPssSha384],
    ['SHA-512', SHA_512, SignatureScheme.RsaPssRsaeSha512, SignatureScheme.RsaPssPssSha512],
  ])('%s, by a key for any signature and by one for these alone', (_name, hash, any, alone) => {
    expect(readCertificateSignature(withHash(hash), keyOf(RSA))).toEqual({ scheme: any, saltLength: 32 });
    expect(readCertificateSignature(withHash(hash), keyOf(RSASSA_PSS))?.scheme).toBe(alone);
  });

  test.each<[string, Partial<Params>, number]>([
    ['a salt of its default length', { salt: NOTHING }, 20],
    ['no salt', { salt: encodeDer(0xa2, integer('00')) }, 0],
    ['the longest salt', { salt: encodeDer(0xa2, integer('0400')) }, 1024],
    ['the default trailer', { trailer: NOTHING }, 32],
    ['hashes without NULL', { hash: encodeDer(0xa0, hashOf(SHA_256, NOTHING)) }, 32],
  ])('may have %s', (_name, changes, saltLength) => {
    expect(readCertificateSignature(pss(changes), keyOf(RSA))).toMatchObject({ saltLength });
  });

  test.each<[string, Partial<Params>]>([
    ['another hash in its mask', { mask: encodeDer(0xa1, maskOf(hashOf(SHA_384))) }],
    ['another mask generator', { mask: encodeDer(0xa1, maskOf(hashOf(SHA_256), SHA_256)) }],
    ['SHA-1', { hash: encodeDer(0xa0, hashOf(SHA_1)), mask: encodeDer(0xa1, maskOf(hashOf(SHA_1))) }],
    ['the default hash, which is SHA-1', { hash: NOTHING }],
    ['the default mask, which is of SHA-1', { mask: NOTHING }],
    ['a NULL with content', { hash: encodeDer(0xa0, hashOf(SHA_256, fromHex('050100'))) }],
    ['something after its hash', { hash: encodeDer(0xa0, concatBytes(hashOf(SHA_256), NULL)) }],
    ['something after the NULL', { hash: encodeDer(0xa0, hashOf(SHA_256, concatBytes(NULL, NULL))) }],
    ['too long a salt', { salt: encodeDer(0xa2, integer('0401')) }],
    ['another trailer', { trailer: encodeDer(0xa3, integer('02')) }],
    ['trailer 0', { trailer: encodeDer(0xa3, integer('00')) }],
    ['something after its fields', { after: NULL }],
    ['something after its parameters', { outside: NULL }],
  ])('is not supported with %s', (_name, changes) => {
    expect(readCertificateSignature(pss(changes), keyOf(RSA))).toBeUndefined();
  });

  test('keys for it make no other signatures', () => {
    const pkcs1 = sequence(identifier('2a864886f70d01010b'), NULL);
    expect(readCertificateSignature(pkcs1, keyOf(RSA))).toEqual({
      scheme: SignatureScheme.RsaPkcs1Sha256,
      saltLength: undefined,
    });
    expect(readCertificateSignature(pkcs1, keyOf(RSASSA_PSS))).toBeUndefined();
  });
});

describe('other signatures', () => {
  test.each([
    ['ecdsa-with-SHA256, RFC 5758 §3.2', '300a06082a8648ce3d040302', CertificateScheme.EcdsaSha256],
    ['ecdsa-with-SHA384', '300a06082a8648ce3d040303', CertificateScheme.EcdsaSha384],
    ['ecdsa-with-SHA512', '300a06082a8648ce3d040304', CertificateScheme.EcdsaSha512],
    ['Ed25519, RFC 8410 §3', '300506032b6570', SignatureScheme.Ed25519],
    [
      'sha384WithRSAEncryption, RFC 4055 §5',
      '300d06092a864886f70d01010c0500',
      SignatureScheme.RsaPkcs1Sha384,
    ],
    ['sha512WithRSAEncryption', '300d06092a864886f70d01010d0500', SignatureScheme.RsaPkcs1Sha512],
  ])('%s', (_name, hex, scheme) => {
    expect(readCertificateSignature(fromHex(hex), keyOf(EC, 91))).toEqual({ scheme, saltLength: undefined });
  });

  test('what is no DER, and what is longer than any of these, is not supported', () => {
    expect(readCertificateSignature(new Uint8Array(4), keyOf(RSA))).toBeUndefined();
    expect(readCertificateSignature(sequence(identifier(SHA_1)), keyOf(RSA))).toBeUndefined();
    expect(readCertificateSignature(new Uint8Array(101), keyOf(RSA))).toBeUndefined();
    expect(readCertificateSignature(pss(), fromHex('3000'))).toMatchObject({ saltLength: 32 });
  });
});

// The units of docs/limits.md; lengths are those that OpenSSL gives such keys.
test.each([
  ['P-256', keyOf(EC, 91), 1000, 1],
  ['P-384', keyOf(EC, 120), 1000, 3],
  ['P-521', keyOf(EC, 158), 1000, 6],
  ['RSA of 2048 bits', keyOf(RSA, 294), 1000, 1],
  ['RSA of 4096 bits', keyOf(RSA, 550), 1000, 1],
  ['RSA of 8192 bits', keyOf(RSA, 1062), 1000, 2],
  ['P-256 over 16 KiB less a byte', keyOf(EC, 91), 16_383, 1],
  ['P-256 over 16 KiB', keyOf(EC, 91), 16_384, 2],
  ['P-384 over 48 KiB', keyOf(EC, 120), 49_152, 6],
])('a check by %s counts', (_name, key, signedBytes, units) => {
  expect(signatureCost(key, signedBytes)).toBe(units);
});

import { describe, expect, test } from '@jest/globals';
import { concatBytes, fromHex, toHex } from '@tsquic/bytes';
import { DerError, DerTag, encodeDer } from '@tsquic/bytes/der';
import { readPublicKey } from './public-key.ts';
import { wrapRsaPublicKey } from './rsa-wrapping.ts';

function rsaKey(modulus: string, exponent: string): Uint8Array {
  const integer = (hex: string): Uint8Array => encodeDer(DerTag.Integer, fromHex(hex));
  return encodeDer(DerTag.Sequence, integer(modulus), integer(exponent));
}

const MODULUS_2048 = `00c1${'5a'.repeat(254)}5b`;

describe('RSA public keys', () => {
  test('are read from rsaEncryption', () => {
    const key = readPublicKey(wrapRsaPublicKey(rsaKey(MODULUS_2048, '010001')));
    if (key.kind !== 'rsa') throw new Error(key.kind);
    expect(toHex(key.modulus)).toBe(MODULUS_2048.slice(2));
    expect(toHex(key.exponent)).toBe('010001');
  });

  test.each([
    ['modulus of 2047 bits', `61${'5a'.repeat(254)}5b`, '010001'],
    ['modulus of 8193 bits', `01${'5a'.repeat(1023)}5b`, '010001'],
    ['even modulus', `00c1${'5a'.repeat(255)}`, '010001'],
    ['exponent 1', MODULUS_2048, '01'],
    ['even exponent', MODULUS_2048, '010000'],
    ['exponent of five bytes', MODULUS_2048, '0100000001'],
    ['negative exponent', MODULUS_2048, 'ff'],
  ])('are refused: %s', (_name, modulus, exponent) => {
    expect(() => readPublicKey(wrapRsaPublicKey(rsaKey(modulus, exponent)))).toThrow(DerError);
  });
});

describe('RSASSA-PSS restrictions', () => {
  const hash = (last: string): string => `300d06096086480165030402${last}0500`;
  const context = (tag: number, content: string): string => toHex(encodeDer(tag, fromHex(content)));
  const mgf1 = (inner: string): string =>
    toHex(encodeDer(DerTag.Sequence, fromHex(`06092a864886f70d010108${inner}`)));

  function read(parameters: string): unknown {
    const algorithm = fromHex(`06092a864886f70d01010a${parameters}`);
    const bits = encodeDer(DerTag.BitString, concatBytes(new Uint8Array(1), rsaKey(MODULUS_2048, '010001')));
    const key = readPublicKey(encodeDer(DerTag.Sequence, encodeDer(DerTag.Sequence, algorithm), bits));
    return key.kind === 'rsa-pss' ? key.restriction : key;
  }
  const sequence = (...fields: string[]): string =>
    toHex(encodeDer(DerTag.Sequence, fromHex(fields.join(''))));
  const sha256 = context(0xa0, hash('01')) + context(0xa1, mgf1(hash('01')));

  test.each([
    ['none', '', undefined],
    ['SHA-256 and 32', sequence(sha256, context(0xa2, '020120')), { hash: 'sha256', saltLength: 32 }],
    ['SHA-256 and the default salt', sequence(sha256), { hash: 'sha256', saltLength: 20 }],
    ['the trailer spelt out', sequence(sha256, context(0xa3, '020101')), { hash: 'sha256', saltLength: 20 }],
  ])('are read: %s', (_name, parameters, restriction) => {
    expect(read(parameters)).toEqual(restriction);
  });

  test.each([
    ['a salt of 256 bytes', sequence(sha256, context(0xa2, '02020100'))],
    ['SHA-1 by default', sequence()],
    ['two hashes', sequence(context(0xa0, hash('01')), context(0xa1, mgf1(hash('02'))))],
    ['another trailer', sequence(sha256, context(0xa3, '020102'))],
    ['an unknown hash', sequence(context(0xa0, hash('09')), context(0xa1, mgf1(hash('09'))))],
    ['a field too many', sequence(sha256, '0500')],
    ['NULL', '0500'],
  ])('are refused: %s', (_name, parameters) => {
    expect(() => read(parameters)).toThrow(DerError);
  });
});

test.each([
  ['compressed P-256 point', `3039301306072a8648ce3d020106082a8648ce3d030107032200 02${'11'.repeat(32)}`],
  ['secp256k1', `3056301006072a8648ce3d020106052b8104000a034200 04${'11'.repeat(64)}`],
  ['Ed448', `3043300506032b6571033a00${'11'.repeat(57)}`],
  ['Ed25519 with parameters', `302c300706032b65700500032100${'11'.repeat(32)}`],
  ['Ed25519 key of 31 bytes', `3029300506032b6570032000${'11'.repeat(31)}`],
  ['a P-256 point under P-384', `3056301006072a8648ce3d020106052b81040022034200 04${'11'.repeat(64)}`],
])('refuses %s', (_name, spki) => {
  expect(() => readPublicKey(fromHex(spki))).toThrow(DerError);
});

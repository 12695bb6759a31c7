import { describe, expect, test } from '@jest/globals';
import { fromHex, toHex } from '@tsquic/bytes';
import { pemDer } from '../../test/handshake-pair.ts';
import { DerError, DerReader, encodeDer } from './der.ts';
import { formatIpAddress, parseIpAddress } from './ip-address.ts';
import { readOutline } from './outline.ts';
import { certificatePublicKey } from './public-key.ts';

describe('DER', () => {
  test.each([
    ['', 'cut short'],
    ['30', 'cut short'],
    ['3001', 'past the end'],
    ['3080', 'malformed'],
    ['308405000000', 'malformed'],
    ['3082', 'malformed'],
    ['30810100', 'shortest form'],
    ['3082007f', 'shortest form'],
    ['1f8101', 'several bytes'],
  ])('%s: %s', (hex, message) => {
    expect(() => new DerReader(fromHex(hex)).element()).toThrow(message);
  });

  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])('content of %d bytes', (length) => {
    const element = new DerReader(encodeDer(4, new Uint8Array(length))).element(4);
    expect(element.content.length).toBe(length);
    expect(() => new DerReader(element.encoded).element(5)).toThrow(DerError);
  });
});

describe('the outline of a certificate', () => {
  // SubjectPublicKeyInfo of P-256: algorithm, curve, BIT STRING of 66 bytes.
  const HEAD = '3059301306072a8648ce3d020106082a8648ce3d030107034200';

  test('has its public key', () => {
    expect(toHex(certificatePublicKey(pemDer('p256.cert')))).toMatch(new RegExp(`^${HEAD}04[0-9a-f]{128}$`));
  });

  test('every strict prefix, and a byte too many, is refused', () => {
    const der = pemDer('p256.cert');
    for (let length = 0; length < der.length; length++) {
      expect(() => readOutline(der.subarray(0, length))).toThrow(DerError);
    }
    expect(() => readOutline(Uint8Array.of(...der, 0))).toThrow(DerError);
    expect(() => certificatePublicKey(der.subarray(1))).toThrow('malformed');
  });
});

describe('IP addresses', () => {
  test.each([
    ['127.0.0.1', '7f000001'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ])('%s', (text, hex) => {
    expect(toHex(parseIpAddress(text)!)).toBe(hex);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    'a.b.c.d',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::g',
    '1:2:3:4:5:6:7:8::',
    'www.example.org',
  ])('%j is none', (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  test.each([
    ['7f000001', '127.0.0.1'],
    ['20010db8000000000000000000000001', '2001:db8:0:0:0:0:0:1'],
  ])('%s reads %s', (hex, text) => {
    expect(formatIpAddress(fromHex(hex))).toBe(text);
  });
});

import { describe, expect, test } from '@jest/globals';
import { fromHex, toHex } from '@tsquic/bytes';
import { DerError } from '@tsquic/bytes/der';
import { build, extension, oid, P256_KEYS, seq, spkiOf } from '../../test/built-certificate.ts';
import { pemDer } from '../../test/handshake-pair.ts';
import { readOutline } from './outline.ts';
import { certificatePublicKey } from './public-key.ts';

describe('the outline of a certificate', () => {
  // SubjectPublicKeyInfo of P-256: algorithm, curve, BIT STRING of 66 bytes.
  const HEAD = '3059301306072a8648ce3d020106082a8648ce3d030107034200';

  test('has its public key', () => {
    expect(toHex(certificatePublicKey(pemDer('p256.cert')))).toMatch(new RegExp(`^${HEAD}04[0-9a-f]{128}$`));
  });

  test.each(['8103000102', '8203000102', '81030001028203000304'])(
    'passes over unique identifiers, as RFC 5280 §4.1.2.8 asks: %s',
    (identifiers) => {
      const purpose = extension('551d25', seq(oid('2b06010505070301')));
      const der = build({ extensions: [purpose], uniqueIds: fromHex(identifiers) });
      const { publicKey, extensions } = readOutline(der);
      expect([publicKey, extensions]).toEqual([spkiOf(P256_KEYS), seq(purpose)]);
    },
  );

  test('every strict prefix, and a byte too many, is refused', () => {
    const der = pemDer('p256.cert');
    for (let length = 0; length < der.length; length++) {
      expect(() => readOutline(der.subarray(0, length))).toThrow(DerError);
    }
    expect(() => readOutline(Uint8Array.of(...der, 0))).toThrow(DerError);
    expect(() => certificatePublicKey(der.subarray(1))).toThrow('malformed');
    // A fault of the program is no fault of the certificate.
    expect(() => certificatePublicKey(undefined as never)).toThrow(TypeError);
  });
});

import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { PublicKeys } from './public-keys.ts';

function spki(): Uint8Array {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
}

test('a key is read once while it is used, and is none but its own', () => {
  const keys = new PublicKeys();
  const [first, second] = [spki(), spki()];
  const ready = keys.get(first);
  const borrowed = first.slice();
  expect(keys.get(borrowed)).toBe(ready);
  expect(keys.get(second)).not.toBe(ready);
  // What is kept is no view of what the caller may use again.
  borrowed.fill(0);
  first.fill(0);
  expect(ready.parsed).toMatchObject({ kind: 'ecdsa', curve: 'P-256' });
  if (ready.parsed.kind === 'ecdsa') expect(ready.parsed.point.some((byte) => byte !== 0)).toBe(true);
  expect(() => keys.get(first)).toThrow(Error);
});

test('so many keys are kept, those used last, and no large ones', () => {
  const keys = new PublicKeys();
  const used = spki();
  const ready = keys.get(used);
  for (let i = 0; i < 70; i++) {
    keys.get(spki());
    if (i < 60) expect(keys.get(used)).toBe(ready);
  }
  for (let i = 0; i < 60; i++) keys.get(spki());
  expect(keys.get(used)).not.toBe(ready);
  // Nobody needs the primes of this modulus.
  const n = Buffer.alloc(768, 0xf1).toString('base64url');
  const rsa = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' });
  const large = new Uint8Array(rsa.export({ type: 'spki', format: 'der' }));
  expect(keys.get(large)).not.toBe(keys.get(large));
});

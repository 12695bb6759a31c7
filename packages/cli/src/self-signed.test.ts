import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createSelfSigned } from './self-signed.ts';

test('makes a pair that OpenSSL understands', async () => {
  const pair = await createSelfSigned({ hosts: ['localhost', '*.example.com', '127.0.0.1', '::1'] });
  const certificate = new X509Certificate(pair.certificatePem);
  expect(certificate.checkHost('localhost')).toBe('localhost');
  expect(certificate.checkHost('a.example.com')).toBe('*.example.com');
  expect(certificate.checkHost('example.org')).toBeUndefined();
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.checkIP('::1')).toBe('::1');
  expect(certificate.checkPrivateKey(createPrivateKey(pair.privateKeyPem))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  // Nobody's issuer may have a key usage without keyCertSign (OID 2.5.29.15). RFC 5280 §4.2.1.3
  expect(certificate.raw.includes(Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x0f]))).toBe(false);
  expect(certificate.checkIssued(certificate)).toBe(true);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(13.9);
  expect(days).toBeLessThanOrEqual(14);
  expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
});

test('makes an expired one for tests', async () => {
  const pair = await createSelfSigned({ hosts: ['localhost'], days: 2, shiftDays: -3 });
  expect(Date.parse(new X509Certificate(pair.certificatePem).validTo)).toBeLessThan(Date.now());
});

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createSelfSigned, type PemPair } from './certificates.ts';
import { connect } from './connect.ts';
import type { QuicError } from './errors.ts';
import { listen } from './listen.ts';

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

test.each([
  [['bücher.example'], 'xn--bcher-kva.example'],
  [['*.Bücher.example'], '*.xn--bcher-kva.example'],
  [['example.org.'], 'example.org'],
])('%j is certified as clients look for it: %s', async (hosts, name) => {
  const { certificatePem } = await createSelfSigned({ hosts });
  expect(new X509Certificate(certificatePem).subjectAltName).toBe(`DNS:${name}`);
});

test.each([
  '',
  'a b',
  '*',
  '*.',
  '*.127.0.0.1',
  'a.*.b',
  'a/b',
  'a:443',
  'https://a',
  `${'a'.repeat(64)}.b`,
  'a\n',
])('the host %j, which nothing can match, is refused', async (host) => {
  await expect(createSelfSigned({ hosts: ['localhost', host] })).rejects.toMatchObject({
    code: 'ERR_QUIC_INVALID_OPTION',
    message: expect.stringMatching(/^hosts: .* is neither a DNS name nor an IP address$/),
  });
});

test('a client may show a certificate that is made for clients, and no other', async () => {
  const server = await createSelfSigned({ hosts: ['127.0.0.1'] });
  const client = await createSelfSigned({ hosts: ['alice'], usages: ['client'] });
  const both = await createSelfSigned({ hosts: ['bob'], usages: ['server', 'client'] });
  expect(new X509Certificate(client.certificatePem).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  const ca = [client.certificatePem, both.certificatePem, server.certificatePem];
  const ALPNProtocols = ['test'];
  const listener = await listen({
    ...{ host: '127.0.0.1', cert: server.certificatePem, key: server.privateKeyPem, ALPNProtocols },
    ...{ requestCert: true, ca },
  });
  const show = async ({ certificatePem: cert, privateKeyPem: key }: PemPair): Promise<string> => {
    const options = { host: '127.0.0.1', port: listener.address.port, ca: server.certificatePem };
    const connection = await connect({ ...options, ALPNProtocols, cert, key });
    try {
      await connection.ready;
      return 'welcome';
    } catch (error) {
      return (error as QuicError).code;
    } finally {
      await connection.close();
    }
  };
  expect([await show(client), await show(both), await show(server)]).toEqual([
    'welcome',
    'welcome',
    'ERR_QUIC_TLS_ALERT',
  ]);
  await listener.close();
});

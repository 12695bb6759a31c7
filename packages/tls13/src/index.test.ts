import { expect, test } from '@jest/globals';
import * as tls from './index.ts';
import * as x509 from './x509.ts';

test('the public names', () => {
  expect(Object.keys(tls).toSorted()).toEqual([
    'Alert',
    'Level',
    'TlsAlert',
    'checkIdentity',
    'checkServerOptions',
    'createTlsClient',
    'createTlsServer',
    'decodeSession',
    'skipCertificateCheck',
  ]);
  expect(Object.keys(x509).toSorted()).toEqual([
    'certificatesFromPem',
    'createCertificateVerifier',
    'decodePem',
    'privateKeyFromPem',
  ]);
});

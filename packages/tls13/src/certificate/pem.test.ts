import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { provider } from '../../test/handshake-pair.ts';
import { decodeBase64 } from './base64.ts';
import { certificatesFromPem, decodePem, privateKeyFromPem } from './pem.ts';

/** Files that OpenSSL wrote. */
function file(name: string): string {
  return readFileSync(new URL(`../../vectors/identities/${name}.pem`, import.meta.url), 'utf8');
}

describe('private keys', () => {
  test.each(['p256.key', 'p384.key', 'ed25519.key', 'rsa.key', 'sec1.key', 'pkcs1.key'])('%s', (name) => {
    const der = privateKeyFromPem(file(name));
    const exported = createPrivateKey(file(name)).export({ format: 'der', type: 'pkcs8' });
    const read = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
    expect(read.export({ format: 'der', type: 'pkcs8' })).toEqual(exported);
    expect(provider.createSigner(der).schemes.length).toBeGreaterThan(0);
  });

  test.each([
    ['encrypted.key', 'encrypted'],
    ['legacy-encrypted.key', 'encrypted'],
    ['p256.cert', 'no private key'],
  ])('%s: %s', (name, message) => {
    expect(() => privateKeyFromPem(file(name))).toThrow(message);
  });

  test('an EC key that names no curve', () => {
    const text = '-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n';
    expect(() => privateKeyFromPem(text)).toThrow('does not name its curve');
  });
});

describe('certificates', () => {
  test('come in the order of the text', () => {
    const chain = certificatesFromPem(
      `${file('p256.cert')}\nwhat follows\n${file('rsa.key')}${file('rsa.cert')}`,
    );
    expect(chain).toEqual([
      ...certificatesFromPem(file('p256.cert')),
      ...certificatesFromPem(file('rsa.cert')),
    ]);
    expect(chain).toHaveLength(2);
  });

  test.each(['', 'nonsense', '-----BEGIN CERTIFICATE-----\nAAAA'])('none in %j', (text) => {
    expect(() => certificatesFromPem(text)).toThrow('no certificate');
  });

  test('a block that is not base64, or ends as another', () => {
    expect(() => decodePem('-----BEGIN X-----\n$$$\n-----END X-----')).toThrow('not base64');
    expect(() => decodePem('-----BEGIN X-----\nAAAA\n-----END Y-----')).toThrow("ends as 'Y'");
  });

  test.each([
    ['TRUSTED CERTIFICATE', "OpenSSL's own form"],
    ['CERTIFICATE REQUEST', "only 'CERTIFICATE REQUEST'"],
    ['PKCS7', "only 'PKCS7'"],
    ['PRIVATE KEY', "only 'PRIVATE KEY'"],
  ])('%s is none, and it is said', (label, message) => {
    const text = `-----BEGIN ${label}-----\nMAA=\n-----END ${label}-----\n`;
    expect(() => certificatesFromPem(text)).toThrow(message);
    expect(() => certificatesFromPem('-----BEGIN CERTIFICATE-----\nMAA=')).toThrow(
      /no whole block from BEGIN to END$/,
    );
    expect(() => certificatesFromPem('keys/cert.pem')).toThrow(/contents of a file, not its name/);
  });

  test('time grows with the length, and not with its square', () => {
    const cost = (text: string): number => {
      const start = process.cpuUsage();
      for (let i = 0; i < 5; i++) expect(() => certificatesFromPem(text)).toThrow('PEM');
      const { user, system } = process.cpuUsage(start);
      return user + system + 1000;
    };
    for (const line of ['-----BEGIN X-----\n', '-----BEGIN ', '-----BEGIN X-----\n-----BEGIN X', ' ']) {
      cost(line.repeat(1000));
      // Sixteen times as much text; its square would be 256 times as dear.
      expect(cost(line.repeat(160_000)) / cost(line.repeat(10_000))).toBeLessThan(100);
    }
  });

  test('lines may end in CR LF', () => {
    expect(certificatesFromPem(file('p256.cert').replace(/\n/g, '\r\n'))).toEqual(
      certificatesFromPem(file('p256.cert')),
    );
  });
});

describe('base64', () => {
  test.each(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'])('of %j', (text) => {
    const encoded = Buffer.from(text).toString('base64');
    expect(Buffer.from(decodeBase64(encoded)!).toString()).toBe(text);
  });

  test('of every byte', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
  });

  test.each(['A', 'AA', 'AAA', 'A===', '====', 'AA-_'])('%j is not', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});

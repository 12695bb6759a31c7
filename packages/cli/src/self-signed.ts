import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate and its key as PEM texts. */
export interface PemPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Options of `createSelfSigned`. */
export interface SelfSignedOptions {
  /** DNS names and IP addresses to certify. */
  readonly hosts: readonly string[];
  /** Days of validity from now. Default 14. */
  readonly days?: number;
  /** Days to shift the validity by; negative makes an expired one, for tests. Default 0. */
  readonly shiftDays?: number;
}

/** Make a self-signed P-256 certificate for TLS servers. */
export async function createSelfSigned(options: SelfSignedOptions): Promise<PemPair> {
  const { hosts, days = 14, shiftDays = 0 } = options;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  // A little of the past: the clocks of two machines differ.
  const begin = Date.now() + shiftDays * DAY_MS - CLOCK_SKEW_MS;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [hosts[0] ?? 'localhost'] }],
    notBefore: new Date(begin),
    notAfter: new Date(begin + days * DAY_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
      // No key usage: one without keyCertSign may be nobody's issuer, not even its own. RFC 5280 §4.2.1.3
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const privateKey = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${wrapped(privateKey.toString('base64'))}\n-----END PRIVATE KEY-----\n`,
  };
}

/** Random, positive and at most 20 bytes: RFC 5280 §4.1.2.2. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function wrapped(base64: string): string {
  return (base64.match(/.{1,64}/g) ?? []).join('\n');
}

const DAY_MS = 86_400_000;
const CLOCK_SKEW_MS = 5 * 60_000;

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { QuicError } from './errors.ts';
import { checkKinds, listOf, NUMBER, oneOf, STRING } from './option-kinds.ts';
import { asciiName } from './server-name.ts';
import { use } from './usage.ts';

/** A certificate and its key as PEM texts. */
export interface PemPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Options of `createSelfSigned`. */
export interface SelfSignedOptions {
  /**
   * DNS names and IP addresses to certify; '*.example.org' stands for all names one label longer. Letters
   * outside ASCII are converted to ASCII, like those of `servername`. The first is also the common name.
   */
  readonly hosts: readonly string[];
  /** The ends of a connection that may use it. Default ['server']. RFC 5280 §4.2.1.12 */
  readonly usages?: readonly CertificateUsage[];
  /** Days of validity from now. Default 14. */
  readonly days?: number;
  /** Days to shift the validity by; negative makes an expired one, for tests. Default 0. */
  readonly shiftDays?: number;
}

/** An end of a connection. */
export type CertificateUsage = 'server' | 'client';

/**
 * Make a self-signed P-256 certificate, for tests and private use. It is its own issuer: give it to the other
 * end as `ca`. Rejects with `ERR_QUIC_INVALID_OPTION` for hosts that no name or address can match, and for
 * other invalid options.
 */
export async function createSelfSigned(options: SelfSignedOptions): Promise<PemPair> {
  use(() => checkKinds('', options, KINDS));
  if (options.hosts === undefined)
    throw new QuicError(
      'ERR_QUIC_INVALID_OPTION',
      "hosts must be a list of names and addresses, as in ['localhost']: it has no default",
    );
  const { days = 14, shiftDays = 0, usages = ['server'] } = options;
  const hosts = options.hosts.map(certifiableName);
  if (hosts.length === 0 || usages.length === 0)
    throw new QuicError('ERR_QUIC_INVALID_OPTION', `${hosts.length === 0 ? 'hosts' : 'usages'} names none`);
  if (!(days > 0 && days <= MAX_DAYS && Math.abs(shiftDays) <= MAX_DAYS))
    throw new QuicError(
      'ERR_QUIC_INVALID_OPTION',
      `days must be above 0, and days and shiftDays within ${MAX_DAYS}`,
    );
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  // Validity begins a little earlier, because the clocks of two machines differ.
  const begin = Date.now() + shiftDays * DAY_MS - CLOCK_SKEW_MS;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [hosts[0]!.slice(0, MAX_COMMON_NAME)] }],
    notBefore: new Date(begin),
    notAfter: new Date(begin + days * DAY_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
      // Key usage is left out: with it, but without keyCertSign, the certificate could not be its own issuer.
      // RFC 5280 §4.2.1.3
      new x509.ExtendedKeyUsageExtension(usages.map((usage) => PURPOSES[usage])),
    ],
  });
  const privateKey = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${wrapped(privateKey.toString('base64'))}\n-----END PRIVATE KEY-----\n`,
  };
}

/** A name or an address in the form of certificates. Throws `ERR_QUIC_INVALID_OPTION` for any other text. */
function certifiableName(host: string): string {
  const [, wildcard = '', rest = host] = /^(\*\.)?(.*)$/s.exec(host) ?? [];
  const name = wildcard !== '' && isIP(rest) !== 0 ? undefined : asciiName(rest);
  if (name !== undefined) return wildcard + name;
  throw new QuicError(
    'ERR_QUIC_INVALID_OPTION',
    `hosts: ${JSON.stringify(host.slice(0, 100))} is neither a DNS name nor an IP address`,
  );
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

const KINDS = {
  hosts: listOf(STRING),
  usages: listOf(oneOf('server', 'client')),
  days: NUMBER,
  shiftDays: NUMBER,
} as const;
const PURPOSES: Readonly<Record<CertificateUsage, x509.ExtendedKeyUsage>> = {
  server: x509.ExtendedKeyUsage.serverAuth,
  client: x509.ExtendedKeyUsage.clientAuth,
};
/** The longest common name: ub-common-name of RFC 5280 appendix A.1. */
const MAX_COMMON_NAME = 64;
/** A hundred years, which is long enough for tests. */
const MAX_DAYS = 36_525;
const DAY_MS = 86_400_000;
const CLOCK_SKEW_MS = 5 * 60_000;

import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  type Extension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

cryptoProvider.set(webcrypto as never);

export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
export const YEAR_MS = 365 * 86_400_000;
/** The middle of every certificate's life, unless a test says otherwise. */
export const MID_MS: number = Date.UTC(2027, 0, 1);

/** A certificate with its keys. */
export interface Issued {
  readonly der: Uint8Array;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly name: string;
}

export interface IssueOptions {
  readonly name?: string;
  /** Signs; itself when absent. */
  readonly issuer?: Issued;
  /** Written as issuer's name instead of its own. */
  readonly issuerName?: string;
  readonly keys?: webcrypto.CryptoKeyPair;
  /** Of the key that is made. */
  readonly algorithm?: object;
  /** Of the signature; the issuer's key must suit. */
  readonly signing?: object;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly noBasicConstraints?: boolean;
  readonly keyUsage?: KeyUsageFlags;
  readonly purposes?: readonly string[];
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
  readonly more?: readonly Extension[];
}

let serial = 1;

export async function issue(options: IssueOptions = {}): Promise<Issued> {
  const { name = 'CN=leaf', issuer, signing = P256 } = options;
  const keys = options.keys ?? (await makeKeys(options.algorithm ?? P256));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16).padStart(4, '0'),
    subject: name,
    issuer: options.issuerName ?? issuer?.name ?? name,
    notBefore: options.notBefore ?? new Date(MID_MS - YEAR_MS),
    notAfter: options.notAfter ?? new Date(MID_MS + YEAR_MS),
    signingAlgorithm: signing as webcrypto.EcdsaParams,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: extensionsOf(options),
  });
  return { der: new Uint8Array(certificate.rawData), keys, name };
}

export async function makeKeys(algorithm: object = P256): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm as webcrypto.EcKeyGenParams, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
}

/** An authority, root unless it has an issuer. */
export function issueAuthority(options: IssueOptions = {}): Promise<Issued> {
  return issue({ name: 'CN=root', ca: true, ...options });
}

function extensionsOf(options: IssueOptions): Extension[] {
  const { ca = false, pathLength, keyUsage, purposes, dns = [], ip = [], email = [] } = options;
  const extensions: Extension[] = [];
  if (options.noBasicConstraints !== true)
    extensions.push(new BasicConstraintsExtension(ca, pathLength, true));
  const usage = keyUsage ?? (ca ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature);
  extensions.push(new KeyUsagesExtension(usage, true));
  if (purposes !== undefined) extensions.push(new ExtendedKeyUsageExtension([...purposes]));
  const names = [
    ...dns.map((value) => ({ type: 'dns' as const, value })),
    ...ip.map((value) => ({ type: 'ip' as const, value })),
    ...email.map((value) => ({ type: 'email' as const, value })),
  ];
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names));
  return [...extensions, ...(options.more ?? [])];
}

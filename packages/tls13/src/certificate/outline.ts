import { DerError, type DerElement, DerReader, DerTag } from '@tsquic/bytes/der';
import type { Work } from './work.ts';

/** The parts of a certificate that building a chain needs; views into it. RFC 5280 §4.1 */
export interface CertificateOutline {
  /** DER of the whole certificate. */
  readonly der: Uint8Array;
  /** The bytes that are signed. */
  readonly signed: Uint8Array;
  /** 0 to 2, for v1 to v3. */
  readonly version: number;
  /** Name, DER. */
  readonly issuer: Uint8Array;
  /** Content of Validity: notBefore and notAfter. */
  readonly validity: Uint8Array;
  /** Name, DER. */
  readonly subject: Uint8Array;
  /** Whether subject and issuer are the same. */
  readonly isSelfIssued: boolean;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Content of the [3] around Extensions; undefined when there are none. */
  readonly extensions: Uint8Array | undefined;
  /** AlgorithmIdentifier, DER. */
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
}

/** Read the outline; throws a DerError unless the bytes are DER of this form. */
export function readOutline(der: Uint8Array, work?: Work): CertificateOutline {
  const outer = new DerReader(der, work);
  const certificate = outer.enter(DerTag.Sequence);
  outer.finish();
  const tbs = certificate.element(DerTag.Sequence);
  const signatureAlgorithm = certificate.element(DerTag.Sequence).encoded;
  const signature = certificate.bitString();
  certificate.finish();
  return {
    der,
    signed: tbs.encoded,
    signatureAlgorithm,
    signature,
    ...readFields(tbs, signatureAlgorithm, work),
  };
}

/** TBSCertificate, RFC 5280 §4.1. */
function readFields(
  tbs: DerElement,
  signatureAlgorithm: Uint8Array,
  work: Work | undefined,
): Omit<CertificateOutline, 'der' | 'signed' | 'signatureAlgorithm' | 'signature'> {
  const fields = new DerReader(tbs.content, work);
  const version = readVersion(fields);
  fields.element(DerTag.Integer);
  // The algorithm inside the signed part must be the one outside. RFC 5280 §4.1.1.2
  if (!sameBytes(fields.element(DerTag.Sequence).encoded, signatureAlgorithm))
    throw new DerError('two signature algorithms are named');
  const issuer = fields.element(DerTag.Sequence).encoded;
  const validity = fields.element(DerTag.Sequence).content;
  const subject = fields.element(DerTag.Sequence).encoded;
  const publicKey = fields.element(DerTag.Sequence).encoded;
  if (fields.nextTag === ISSUER_UNIQUE_ID) fields.element();
  if (fields.nextTag === SUBJECT_UNIQUE_ID) fields.element();
  const extensions = fields.nextTag === EXTENSIONS ? fields.element().content : undefined;
  fields.finish();
  const isSelfIssued = sameBytes(issuer, subject);
  return { version, issuer, validity, subject, isSelfIssued, publicKey, extensions };
}

function readVersion(fields: DerReader): number {
  const wrapped = fields.enterOptional(VERSION);
  if (wrapped === undefined) return 0;
  const version = wrapped.unsigned();
  wrapped.finish();
  if (version > 2) throw new DerError(`certificates of version ${version + 1} are unknown`);
  return version;
}

/** Whether two byte strings are the same; they are public, so the comparison need not be constant-time. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const VERSION = 0xa0;
const ISSUER_UNIQUE_ID = 0x81;
const SUBJECT_UNIQUE_ID = 0x82;
const EXTENSIONS = 0xa3;

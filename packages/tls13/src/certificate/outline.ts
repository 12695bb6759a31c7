import { DerError, DerReader, DerTag } from './der.ts';

/** The parts of a certificate by which chains are built; views into it. RFC 5280 §4.1 */
export interface CertificateOutline {
  /** DER of the whole certificate. */
  readonly der: Uint8Array;
  /** The bytes that are signed. */
  readonly signed: Uint8Array;
  /** Name, DER. */
  readonly issuer: Uint8Array;
  /** Name, DER. */
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** AlgorithmIdentifier, DER. */
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
}

/** Read the outline; throws a DerError for anything but DER of that form. */
export function readOutline(der: Uint8Array): CertificateOutline {
  const outer = new DerReader(der);
  const certificate = outer.enter(DerTag.Sequence);
  outer.finish();
  const tbs = certificate.element(DerTag.Sequence);
  const signatureAlgorithm = certificate.element(DerTag.Sequence).encoded;
  const signature = certificate.element(DerTag.BitString).content;
  certificate.finish();
  if (signature[0] !== 0) throw new DerError('the signature is not a whole number of bytes');

  const fields = new DerReader(tbs.content);
  if (fields.nextTag === VERSION) fields.element();
  fields.element(DerTag.Integer);
  const innerAlgorithm = fields.element(DerTag.Sequence).encoded;
  // RFC 5280 §4.1.1.2: the signed algorithm and the one outside are the same.
  if (!sameBytes(innerAlgorithm, signatureAlgorithm))
    throw new DerError('two signature algorithms are named');
  const issuer = fields.element(DerTag.Sequence).encoded;
  fields.element(DerTag.Sequence);
  const subject = fields.element(DerTag.Sequence).encoded;
  const publicKey = fields.element(DerTag.Sequence).encoded;
  return {
    der,
    signed: tbs.encoded,
    issuer,
    subject,
    publicKey,
    signatureAlgorithm,
    signature: signature.subarray(1),
  };
}

/** Whether two public byte strings are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const VERSION = 0xa0;

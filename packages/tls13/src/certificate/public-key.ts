import { Alert, TlsAlert } from '../alerts.ts';

/**
 * The SubjectPublicKeyInfo (DER, a view) of a certificate, RFC 5280 §4.1.
 *
 * The walk looks at the outline of the certificate only; whether the rest deserves trust is a verifier's
 * affair. Anything that is not DER ends in bad_certificate.
 */
export function certificatePublicKey(certificate: Uint8Array): Uint8Array {
  const outer = element(certificate, 0, certificate.length, SEQUENCE);
  if (outer.end !== certificate.length) throw malformed();
  const tbs = element(certificate, outer.content, outer.end, SEQUENCE);
  let at = tbs.content;
  if (certificate[at] === VERSION) at = element(certificate, at, tbs.end, VERSION).end;
  // serialNumber, signature, issuer, validity, subject
  for (const tag of [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE]) {
    at = element(certificate, at, tbs.end, tag).end;
  }
  const key = element(certificate, at, tbs.end, SEQUENCE);
  return certificate.subarray(at, key.end);
}

interface Element {
  /** Where the content begins. */
  readonly content: number;
  readonly end: number;
}

/** The element at `at`, which must have this tag and lie before `end`. Lengths in the shortest form only. */
function element(der: Uint8Array, at: number, end: number, tag: number): Element {
  if (end - at < 2 || der[at] !== tag) throw malformed();
  let content = at + 2;
  let length = der[at + 1]!;
  if (length >= 0x80) {
    const lengthBytes = length & 0x7f;
    if (lengthBytes === 0 || lengthBytes > 3 || end - content < lengthBytes) throw malformed();
    length = 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + der[content + i]!;
    if (length < 0x80 || length < 256 ** (lengthBytes - 1)) throw malformed();
    content += lengthBytes;
  }
  if (length > end - content) throw malformed();
  return { content, end: content + length };
}

function malformed(): TlsAlert {
  return new TlsAlert(Alert.BadCertificate, 'the certificate is not well-formed DER');
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const VERSION = 0xa0;

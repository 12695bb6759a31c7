import { DerError } from '@tsquic/bytes/der';
import { Alert, TlsAlert } from '../alerts.ts';
import { readOutline } from './outline.ts';

/**
 * The SubjectPublicKeyInfo (DER, a view) of a certificate, RFC 5280 §4.1.
 *
 * Only the outline of the certificate is read; a verifier judges the rest. Bytes that are not DER end in
 * bad_certificate.
 */
export function certificatePublicKey(certificate: Uint8Array): Uint8Array {
  try {
    return readOutline(certificate).publicKey;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new TlsAlert(Alert.BadCertificate, `the certificate is malformed: ${error.message}`);
  }
}

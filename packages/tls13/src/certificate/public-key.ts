import { Alert, TlsAlert } from '../alerts.ts';
import { DerError } from './der.ts';
import { readOutline } from './outline.ts';

/**
 * The SubjectPublicKeyInfo (DER, a view) of a certificate, RFC 5280 §4.1.
 *
 * Only the outline of the certificate is looked at; whether the rest deserves trust is a verifier's affair.
 * Anything that is not DER ends in bad_certificate.
 */
export function certificatePublicKey(certificate: Uint8Array): Uint8Array {
  try {
    return readOutline(certificate).publicKey;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new TlsAlert(Alert.BadCertificate, `the certificate is malformed: ${error.message}`);
  }
}

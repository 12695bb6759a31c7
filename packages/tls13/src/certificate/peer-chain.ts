import { Alert, TlsAlert } from '../alerts.ts';
import { checkPlacement } from '../extension/placement.ts';
import { decodeCertificate } from '../message/certificate.ts';

/**
 * The chain in a peer's Certificate message: DER, leaf first, maybe empty.
 *
 * @param offered - extension types that its entries may answer.
 */
export function readPeerChain(body: Uint8Array, offered: readonly number[]): readonly Uint8Array[] {
  const { context, entries } = decodeCertificate(body);
  // The context must be empty, because a CertificateRequest is sent only in the main handshake.
  if (context.length > 0) {
    throw new TlsAlert(Alert.IllegalParameter, 'Certificate has a request context nobody sent');
  }
  if (entries.length > MAX_CERTIFICATES) {
    throw new TlsAlert(
      Alert.BadCertificate,
      `the peer sent ${entries.length} certificates, more than ${MAX_CERTIFICATES}`,
    );
  }
  for (const entry of entries) checkPlacement('Certificate', entry.extensions, offered);
  return entries.map((entry) => entry.certificate);
}

/**
 * Most certificates of one message. A usable chain has at most nine, but some servers send all that they
 * have.
 */
export const MAX_CERTIFICATES = 100;

import { Alert, TlsAlert } from '../alerts.ts';
import { checkPlacement } from '../extension/placement.ts';
import { decodeCertificate } from '../message/certificate.ts';

/**
 * The chain of a peer's Certificate: DER, leaf first, maybe empty.
 *
 * @param offered - extension types that its entries may answer.
 */
export function readPeerChain(body: Uint8Array, offered: readonly number[]): readonly Uint8Array[] {
  const { context, entries } = decodeCertificate(body);
  // Ours is always empty: requests are sent in the main handshake only.
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

/** Certificates of one message. A chain has at most nine; servers that send all they have come to a few dozen. */
export const MAX_CERTIFICATES = 100;

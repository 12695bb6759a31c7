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
  for (const entry of entries) checkPlacement('Certificate', entry.extensions, offered);
  return entries.map((entry) => entry.certificate);
}

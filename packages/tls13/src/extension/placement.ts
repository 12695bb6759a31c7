import { Alert, TlsAlert } from '../alerts.ts';
import { type Extension, ExtensionType } from './extension.ts';

/** Messages that carry extensions. */
export type ExtensionHolder =
  | 'ClientHello'
  | 'ServerHello'
  | 'HelloRetryRequest'
  | 'EncryptedExtensions'
  | 'Certificate'
  | 'CertificateRequest'
  | 'NewSessionTicket';

/**
 * Refuse supported extensions that must not occur in this message (illegal_parameter) and, in answers,
 * extensions that were not offered (unsupported_extension). RFC 8446 §4.2.
 *
 * @param offered - types that were offered; undefined for a message that is no answer.
 */
export function checkPlacement(
  holder: ExtensionHolder,
  extensions: readonly Extension[],
  offered: readonly number[] | undefined,
): void {
  for (const { type } of extensions) {
    const holders = HOLDERS.get(type);
    if (holders !== undefined && !holders.includes(holder)) {
      throw new TlsAlert(Alert.IllegalParameter, `extension ${type} may not stand in ${holder}`);
    }
    if (offered !== undefined && !offered.includes(type)) {
      throw new TlsAlert(Alert.UnsupportedExtension, `extension ${type} in ${holder} was not offered`);
    }
  }
}

const T = ExtensionType;

/** The messages in which each extension may occur, RFC 8446 §4.2, RFC 9001 §8.2. */
const HOLDERS: ReadonlyMap<number, readonly ExtensionHolder[]> = new Map<number, readonly ExtensionHolder[]>([
  [T.ServerName, ['ClientHello', 'EncryptedExtensions']],
  [T.MaxFragmentLength, ['ClientHello', 'EncryptedExtensions']],
  [T.StatusRequest, ['ClientHello', 'CertificateRequest', 'Certificate']],
  [T.SupportedGroups, ['ClientHello', 'EncryptedExtensions']],
  [T.SignatureAlgorithms, ['ClientHello', 'CertificateRequest']],
  [T.UseSrtp, ['ClientHello', 'EncryptedExtensions']],
  [T.Heartbeat, ['ClientHello', 'EncryptedExtensions']],
  [T.Alpn, ['ClientHello', 'EncryptedExtensions']],
  [T.SignedCertificateTimestamp, ['ClientHello', 'CertificateRequest', 'Certificate']],
  [T.ClientCertificateType, ['ClientHello', 'EncryptedExtensions']],
  [T.ServerCertificateType, ['ClientHello', 'EncryptedExtensions']],
  [T.Padding, ['ClientHello']],
  [T.PreSharedKey, ['ClientHello', 'ServerHello']],
  [T.EarlyData, ['ClientHello', 'EncryptedExtensions', 'NewSessionTicket']],
  [T.SupportedVersions, ['ClientHello', 'ServerHello', 'HelloRetryRequest']],
  [T.Cookie, ['ClientHello', 'HelloRetryRequest']],
  [T.PskKeyExchangeModes, ['ClientHello']],
  [T.CertificateAuthorities, ['ClientHello', 'CertificateRequest']],
  [T.OidFilters, ['CertificateRequest']],
  [T.PostHandshakeAuth, ['ClientHello']],
  [T.SignatureAlgorithmsCert, ['ClientHello', 'CertificateRequest']],
  [T.KeyShare, ['ClientHello', 'ServerHello', 'HelloRetryRequest']],
  [T.QuicTransportParameters, ['ClientHello', 'EncryptedExtensions']],
]);

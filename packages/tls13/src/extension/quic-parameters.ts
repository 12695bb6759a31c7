import { Alert, TlsAlert } from '../alerts.ts';
import { type Extension, ExtensionType, findExtension } from './extension.ts';

/** quic_transport_parameters, RFC 9001 §8.2, with content that TLS does not interpret. */
export function encodeQuicParameters(parameters: Uint8Array): Extension {
  return { type: ExtensionType.QuicTransportParameters, data: parameters };
}

/** The peer's parameters; without them the handshake ends in missing_extension. */
export function requireQuicParameters(extensions: readonly Extension[]): Uint8Array {
  const parameters = findExtension(extensions, ExtensionType.QuicTransportParameters);
  if (parameters === undefined) {
    throw new TlsAlert(Alert.MissingExtension, 'quic_transport_parameters is missing');
  }
  return parameters;
}

/** Alert descriptions, RFC 8446 §6. In QUIC they are sent as the error code 0x100 + alert (RFC 9001 §4.8). */
export const Alert = {
  UnexpectedMessage: 10,
  HandshakeFailure: 40,
  BadCertificate: 42,
  UnsupportedCertificate: 43,
  CertificateRevoked: 44,
  CertificateExpired: 45,
  CertificateUnknown: 46,
  IllegalParameter: 47,
  UnknownCa: 48,
  AccessDenied: 49,
  DecodeError: 50,
  DecryptError: 51,
  ProtocolVersion: 70,
  InsufficientSecurity: 71,
  InternalError: 80,
  InappropriateFallback: 86,
  MissingExtension: 109,
  UnsupportedExtension: 110,
  UnrecognizedName: 112,
  BadCertificateStatusResponse: 113,
  UnknownPskIdentity: 115,
  CertificateRequired: 116,
  NoApplicationProtocol: 120,
} as const;
export type Alert = (typeof Alert)[keyof typeof Alert];

/** The peer's handshake bytes are wrong, or the handshake cannot continue: the connection ends. */
export class TlsAlert extends Error {
  readonly alert: Alert;
  /**
   * Whether the error is the transport error PROTOCOL_VIOLATION, as RFC 9001 requires in some cases, rather
   * than 0x100 + alert.
   */
  readonly protocolViolation: boolean;

  constructor(alert: Alert, message: string, protocolViolation = false) {
    super(message);
    this.name = 'TlsAlert';
    this.alert = alert;
    this.protocolViolation = protocolViolation;
  }
}

/** RFC 9000 §20.1 and RFC 9001 codes this stack raises. TLS alerts are `CryptoBase` plus the alert. */
export const TransportCode = {
  NoError: 0x00,
  InternalError: 0x01,
  ConnectionRefused: 0x02,
  FlowControl: 0x03,
  StreamLimit: 0x04,
  StreamState: 0x05,
  FinalSize: 0x06,
  FrameEncoding: 0x07,
  TransportParameter: 0x08,
  ConnectionIdLimit: 0x09,
  ProtocolViolation: 0x0a,
  InvalidToken: 0x0b,
  ApplicationError: 0x0c,
  CryptoBufferExceeded: 0x0d,
  KeyUpdate: 0x0e,
  AeadLimitReached: 0x0f,
  NoViablePath: 0x10,
  CryptoBase: 0x100,
} as const;

/**
 * The peer broke the protocol. Thrown anywhere below `Connection.receive`, caught there and nowhere
 * else, and turned into CONNECTION_CLOSE: applications meet it as a `closed` event.
 */
export class TransportError extends Error {
  readonly code: number;
  /** Type of the frame to blame, 0 when none. */
  readonly frameType: number;

  constructor(code: number, frameType: number, reason: string) {
    super(reason);
    this.name = 'TransportError';
    this.code = code;
    this.frameType = frameType;
  }
}

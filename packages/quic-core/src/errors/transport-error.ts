/** RFC 9000 §20.1, RFC 9001 and RFC 9368 §10.2 codes this stack raises. TLS alerts are `CryptoBase` plus the alert. */
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
  VersionNegotiation: 0x11,
  CryptoBase: 0x100,
} as const;

/** The names of the codes below `CryptoBase`, in RFC 9000 §20.1, RFC 9001 §8.4 and RFC 9368 §10.2, by code. */
export const TRANSPORT_CODE_NAMES: readonly string[] = [
  'NO_ERROR',
  'INTERNAL_ERROR',
  'CONNECTION_REFUSED',
  'FLOW_CONTROL_ERROR',
  'STREAM_LIMIT_ERROR',
  'STREAM_STATE_ERROR',
  'FINAL_SIZE_ERROR',
  'FRAME_ENCODING_ERROR',
  'TRANSPORT_PARAMETER_ERROR',
  'CONNECTION_ID_LIMIT_ERROR',
  'PROTOCOL_VIOLATION',
  'INVALID_TOKEN',
  'APPLICATION_ERROR',
  'CRYPTO_BUFFER_EXCEEDED',
  'KEY_UPDATE_ERROR',
  'AEAD_LIMIT_REACHED',
  'NO_VIABLE_PATH',
  'VERSION_NEGOTIATION_ERROR',
];

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

/** Throw a `TransportError` with this code, for a frame of this type or for none, 0. */
export function raise(code: number, frameType: number, reason: string): never {
  throw new TransportError(code, frameType, reason);
}

/** Throw PROTOCOL_VIOLATION, for a frame of this type or for none, 0. */
export function violation(frameType: number, reason: string): never {
  raise(TransportCode.ProtocolViolation, frameType, reason);
}

/** Throw FRAME_ENCODING_ERROR for a frame of this type. RFC 9000 §12.4 */
export function encodingError(frameType: number, reason: string): never {
  raise(TransportCode.FrameEncoding, frameType, reason);
}

/** Throw TRANSPORT_PARAMETER_ERROR. RFC 9000 §7.4 */
export function parameterError(reason: string): never {
  raise(TransportCode.TransportParameter, 0, `transport parameters: ${reason}`);
}

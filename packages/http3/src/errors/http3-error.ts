/** Error codes of HTTP/3, RFC 9114 §8.1, and of HTTP datagrams, RFC 9297 §5.2. */
export const Http3Code = {
  DatagramError: 0x33,
  NoError: 0x100,
  GeneralProtocolError: 0x101,
  InternalError: 0x102,
  StreamCreationError: 0x103,
  ClosedCriticalStream: 0x104,
  FrameUnexpected: 0x105,
  FrameError: 0x106,
  ExcessiveLoad: 0x107,
  IdError: 0x108,
  SettingsError: 0x109,
  MissingSettings: 0x10a,
  RequestRejected: 0x10b,
  RequestCancelled: 0x10c,
  RequestIncomplete: 0x10d,
  MessageError: 0x10e,
  ConnectError: 0x10f,
  VersionFallback: 0x110,
} as const;

/**
 * The peer broke the protocol. Thrown inside the engine and caught at its entries, where it ends the stream or the connection
 * with `code`: programs meet it as an event.
 */
export class Http3Error extends Error {
  readonly code: number;
  /** What ends with it. RFC 9114 §8 */
  readonly scope: 'stream' | 'connection';

  constructor(scope: 'stream' | 'connection', code: number, message: string) {
    super(message);
    this.name = 'Http3Error';
    this.scope = scope;
    this.code = code;
  }
}

/** An error that ends the connection. */
export function connectionError(code: number, message: string): Http3Error {
  return new Http3Error('connection', code, message);
}

/** A message that breaks RFC 9114 §4.1.2; its stream ends. */
export function malformed(message: string): Http3Error {
  return new Http3Error('stream', Http3Code.MessageError, message);
}

/**
 * What a packet can tell the peer and may have to tell again. Each kind has one owner; the letters are the
 * values that go with it.
 */
export const Fact = {
  /** Numbers up to `a` were acknowledged. Owner: spaces. */
  AckUpTo: 1,
  /** Bytes `[b, c)` of the CRYPTO stream of the packet's level. Owner: handshake. */
  Crypto: 2,
  /** Owner: handshake. */
  HandshakeDone: 3,
  /** Owner: handshake. */
  NewToken: 4,
  /** Bytes `[b, c)` of stream `a`. Owner: streams. */
  Stream: 5,
  /** The same, with the end of the stream. Owner: streams. */
  StreamFin: 6,
  /** RESET_STREAM for stream `a`. Owner: streams. */
  ResetStream: 7,
  /** STOP_SENDING for stream `a`. Owner: streams. */
  StopSending: 8,
  /** MAX_STREAM_DATA for stream `a`. Owner: streams. */
  MaxStreamData: 9,
  /** MAX_STREAMS; `a` is 1 for unidirectional. Owner: streams. */
  MaxStreams: 10,
  /** A *_BLOCKED frame of type `a`, about stream `b` if about one, at the limit `c`. Owner: streams. */
  Blocked: 11,
  /** MAX_DATA. Owner: flow. */
  MaxData: 12,
  /** NEW_CONNECTION_ID with sequence number `a`. Owner: ids. */
  NewConnectionId: 13,
  /** RETIRE_CONNECTION_ID with sequence number `a`. Owner: ids. */
  RetireConnectionId: 14,
  /** An MTU probe of `a` bytes on path `b`. Owner: path. */
  MtuProbe: 15,
} as const;
export type Fact = (typeof Fact)[keyof typeof Fact];

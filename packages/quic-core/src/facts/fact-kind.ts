/**
 * What a packet can tell the peer and may have to tell again. Each kind has one owner; the letters are the
 * values that go with it.
 */
export const Fact = {
  /** Numbers of path `b` up to `a` were acknowledged. Owner: spaces. */
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
  /** STREAMS_BLOCKED at the limit `b`; `a` is 1 for unidirectional. Owner: streams. */
  StreamsBlocked: 11,
  /** MAX_DATA. Owner: flow. */
  MaxData: 12,
  /** NEW_CONNECTION_ID for path `b` with sequence number `a`. Owner: ids. */
  NewConnectionId: 13,
  /** RETIRE_CONNECTION_ID for path `b` with sequence number `a`. Owner: ids. */
  RetireConnectionId: 14,
  /** An MTU probe of `a` bytes on path `b`. Owner: path. */
  MtuProbe: 15,
  /** DATA_BLOCKED at the limit `a`. Owner: flow. */
  DataBlocked: 16,
  /** STREAM_DATA_BLOCKED for stream `a` at the limit `b`. Owner: streams. */
  StreamDataBlocked: 17,
  /** A datagram that the program knows as `a`; `b` is 1 once it was told that it is lost. Owner: datagrams. */
  Datagram: 18,
  /** RESET_STREAM_AT for stream `a` with the reliable size `b`. Owner: streams. */
  ResetStreamAt: 19,
  /** ACK_FREQUENCY with sequence number `a`. Owner: recovery. */
  AckFrequency: 20,
  /** PATH_STATUS_AVAILABLE or PATH_STATUS_BACKUP of path `b` with number `a`. Owner: multipath. */
  PathStatus: 21,
  /** PATH_ABANDON of path `b`. Owner: multipath. */
  PathAbandon: 22,
  /** MAX_PATH_ID of `a`. Owner: multipath. */
  MaxPathId: 23,
} as const;
export type Fact = (typeof Fact)[keyof typeof Fact];

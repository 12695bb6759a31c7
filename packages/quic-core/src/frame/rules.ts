/** Frame types of RFC 9000 §19. STREAM stands for 0x08 to 0x0f. */
export const FrameType = {
  Padding: 0x00,
  Ping: 0x01,
  Ack: 0x02,
  AckEcn: 0x03,
  ResetStream: 0x04,
  StopSending: 0x05,
  Crypto: 0x06,
  NewToken: 0x07,
  Stream: 0x08,
  MaxData: 0x10,
  MaxStreamData: 0x11,
  MaxStreamsBidi: 0x12,
  MaxStreamsUni: 0x13,
  DataBlocked: 0x14,
  StreamDataBlocked: 0x15,
  StreamsBlockedBidi: 0x16,
  StreamsBlockedUni: 0x17,
  NewConnectionId: 0x18,
  RetireConnectionId: 0x19,
  PathChallenge: 0x1a,
  PathResponse: 0x1b,
  ConnectionClose: 0x1c,
  ApplicationClose: 0x1d,
  HandshakeDone: 0x1e,
} as const;

/** Packets a frame may come in, and what it does: RFC 9000 Table 3. */
export const Rule = {
  Initial: 1,
  Handshake: 2,
  ZeroRtt: 4,
  OneRtt: 8,
  /** Receipt must be acknowledged. */
  AckEliciting: 16,
  /** Only probes a path, so that it does not migrate the connection. RFC 9000 §9.1 */
  Probing: 32,
} as const;

const ALL = Rule.Initial | Rule.Handshake | Rule.ZeroRtt | Rule.OneRtt;
const IH_1 = Rule.Initial | Rule.Handshake | Rule.OneRtt;
const APP = Rule.ZeroRtt | Rule.OneRtt;
const ELICIT = Rule.AckEliciting;

/** RFC 9000 Table 3 as data, indexed by frame type. */
const RULES: readonly number[] = [
  ALL | Rule.Probing, // PADDING
  ALL | ELICIT, // PING
  IH_1, // ACK
  IH_1, // ACK with ECN counts
  APP | ELICIT, // RESET_STREAM
  APP | ELICIT, // STOP_SENDING
  IH_1 | ELICIT, // CRYPTO
  Rule.OneRtt | ELICIT, // NEW_TOKEN
  ...Array<number>(8).fill(APP | ELICIT), // STREAM
  APP | ELICIT, // MAX_DATA
  APP | ELICIT, // MAX_STREAM_DATA
  APP | ELICIT, // MAX_STREAMS, bidirectional
  APP | ELICIT, // MAX_STREAMS, unidirectional
  APP | ELICIT, // DATA_BLOCKED
  APP | ELICIT, // STREAM_DATA_BLOCKED
  APP | ELICIT, // STREAMS_BLOCKED, bidirectional
  APP | ELICIT, // STREAMS_BLOCKED, unidirectional
  APP | ELICIT | Rule.Probing, // NEW_CONNECTION_ID
  APP | ELICIT, // RETIRE_CONNECTION_ID
  APP | ELICIT | Rule.Probing, // PATH_CHALLENGE
  Rule.OneRtt | ELICIT | Rule.Probing, // PATH_RESPONSE
  ALL, // CONNECTION_CLOSE, transport
  APP, // CONNECTION_CLOSE, application
  Rule.OneRtt | ELICIT, // HANDSHAKE_DONE
];

/** The rules of a frame type, or 0 for a type we do not know. */
export function frameRule(type: number): number {
  return type < RULES.length ? RULES[type]! : 0;
}

import { varintLength } from '@tsquic/bytes';

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
  /** draft-ietf-quic-ack-frequency §4, §5. */
  AckFrequency: 0xaf,
  ImmediateAck: 0x1f,
  /** RFC 9221 §4. */
  Datagram: 0x30,
  DatagramWithLength: 0x31,
  /** draft-ietf-quic-reliable-stream-reset §4. */
  ResetStreamAt: 0x24,
  /** draft-ietf-quic-multipath-21 §4. */
  PathAck: 0x3e,
  PathAckEcn: 0x3f,
  PathAbandon: 0x3e75,
  PathStatusBackup: 0x3e76,
  PathStatusAvailable: 0x3e77,
  PathNewConnectionId: 0x3e78,
  PathRetireConnectionId: 0x3e79,
  MaxPathId: 0x3e7a,
  PathsBlocked: 0x3e7b,
  PathCidsBlocked: 0x3e7c,
} as const;

/**
 * The rules of a frame type: the packets that it may come in, each as the bit of its encryption level, and
 * its other properties. RFC 9000 Table 3
 */
export const Rule = {
  Initial: 1,
  ZeroRtt: 2,
  Handshake: 4,
  OneRtt: 8,
  /** A packet with this frame must be acknowledged. */
  AckEliciting: 16,
  /** A probing frame, which does not migrate the connection. RFC 9000 §9.1 */
  Probing: 32,
} as const;

/** Frame types below are varints of one byte. RFC 9000 §16 */
const ONE_BYTE_TYPES = 0x40;
const LAST_STREAM = FrameType.MaxData - 1;

const ALL = Rule.Initial | Rule.Handshake | Rule.ZeroRtt | Rule.OneRtt;
const IH_1 = Rule.Initial | Rule.Handshake | Rule.OneRtt;
const APP = Rule.ZeroRtt | Rule.OneRtt;
const ELICIT = Rule.AckEliciting;

/** RFC 9000 Table 3 as data: a type, or the first and last of a range, and its rules. Extensions add their rows. */
const TABLE_3: readonly (readonly [first: number, last: number, rule: number])[] = [
  [FrameType.Padding, FrameType.Padding, ALL | Rule.Probing],
  [FrameType.Ping, FrameType.Ping, ALL | ELICIT],
  [FrameType.Ack, FrameType.AckEcn, IH_1],
  [FrameType.ResetStream, FrameType.StopSending, APP | ELICIT],
  [FrameType.Crypto, FrameType.Crypto, IH_1 | ELICIT],
  [FrameType.NewToken, FrameType.NewToken, Rule.OneRtt | ELICIT],
  [FrameType.Stream, LAST_STREAM, APP | ELICIT],
  [FrameType.MaxData, FrameType.StreamsBlockedUni, APP | ELICIT],
  [FrameType.NewConnectionId, FrameType.NewConnectionId, APP | ELICIT | Rule.Probing],
  [FrameType.RetireConnectionId, FrameType.RetireConnectionId, APP | ELICIT],
  [FrameType.PathChallenge, FrameType.PathChallenge, APP | ELICIT | Rule.Probing],
  [FrameType.PathResponse, FrameType.PathResponse, Rule.OneRtt | ELICIT | Rule.Probing],
  [FrameType.ConnectionClose, FrameType.ConnectionClose, ALL],
  [FrameType.ApplicationClose, FrameType.ApplicationClose, APP],
  [FrameType.HandshakeDone, FrameType.HandshakeDone, Rule.OneRtt | ELICIT],
  [FrameType.Datagram, FrameType.DatagramWithLength, APP | ELICIT],
  [FrameType.ResetStreamAt, FrameType.ResetStreamAt, APP | ELICIT],
  // IMMEDIATE_ACK is not allowed in 0-RTT, because min_ack_delay is not remembered:
  // draft-ietf-quic-ack-frequency §3.
  [FrameType.ImmediateAck, FrameType.ImmediateAck, Rule.OneRtt | ELICIT],
  [FrameType.AckFrequency, FrameType.AckFrequency, Rule.OneRtt | ELICIT],
  [FrameType.PathAck, FrameType.PathAckEcn, Rule.OneRtt],
  [FrameType.PathAbandon, FrameType.PathCidsBlocked, Rule.OneRtt | ELICIT],
];

/** The rules of all frame types: a table for types of one byte, and a search of the few longer ones. */
export class FrameRules {
  private readonly ofOneByte = new Uint8Array(ONE_BYTE_TYPES);
  private readonly longer: (readonly [first: number, last: number, rule: number])[] = [];

  constructor(rows: typeof TABLE_3) {
    for (const row of rows) {
      const [first, last, rule] = row;
      if (first >= ONE_BYTE_TYPES) this.longer.push(row);
      else this.ofOneByte.fill(rule, first, last + 1);
    }
  }

  /** The rules of a frame type, or 0 for an unknown type. */
  of(type: number): number {
    return type < ONE_BYTE_TYPES ? this.ofOneByte[type]! : this.ofLonger(type);
  }

  private ofLonger(type: number): number {
    for (const [first, last, rule] of this.longer) if (type >= first && type <= last) return rule;
    return 0;
  }
}

const RULES = new FrameRules(TABLE_3);

/** The rules of a frame type, or 0 for an unknown type. */
export function frameRule(type: number): number {
  return RULES.of(type);
}

/** Whether a type that took `length` bytes could have taken fewer. RFC 9000 §12.4 */
export function isTypeTooLong(type: number, length: number): boolean {
  return length > 1 && length > varintLength(type);
}

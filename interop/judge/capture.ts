/** An end of a connection. */
export type End = 'client' | 'server';

/** A socket address. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Kinds of packets; `unknown` is one whose version or type is none. RFC 9000 §17, RFC 9369 §3.2 */
export type PacketKind = 'initial' | '0-RTT' | 'handshake' | 'retry' | 'negotiation' | '1-RTT' | 'unknown';

/** A TLS handshake message that ended in a frame. RFC 8446 §4 */
export interface Message {
  readonly type: number;
  /** Of a ClientHello, or the one of a ServerHello. */
  readonly suites: readonly number[];
  /** `server_name`, or ''. */
  readonly serverName: string;
  /** The transport parameter; undefined where it is absent. */
  readonly maxStreamsBidi: number | undefined;
}

/** A frame of an opened packet. RFC 9000 §19 */
export interface Frame {
  readonly type: number;
  /** Where the bytes of a CRYPTO frame end in their stream; 0 in others. */
  readonly cryptoEnd: number;
  /** Whether it is a CRYPTO frame that begins its stream. */
  readonly beginsCrypto: boolean;
  readonly messages: readonly Message[];
  /** Of PATH_CHALLENGE or PATH_RESPONSE, hexadecimal; '' in others. */
  readonly pathData: string;
}

/** A packet. Connection IDs and tokens are hexadecimal. */
export interface Packet {
  readonly kind: PacketKind;
  /** 0 in short headers. */
  readonly version: number;
  readonly destinationId: string;
  /** '' in short headers. */
  readonly sourceId: string;
  /** Of an Initial or Retry packet. */
  readonly token: string;
  /** Whether its protection was removed: what is below is true only then. */
  readonly isOpened: boolean;
  /** -1 where it is not known. */
  readonly number: number;
  readonly keyPhase: 0 | 1;
  /** The protected payload, with its tag. */
  readonly payloadBytes: number;
  readonly frames: readonly Frame[];
}

/** A datagram as a capture has it. */
export interface Datagram {
  readonly sender: End;
  readonly from: Place;
  readonly to: Place;
  readonly isIpv6: boolean;
  /** RFC 3168 §5 */
  readonly ecn: number;
  /** The payload of UDP. */
  readonly bytes: number;
  /** Unix time. */
  readonly atUs: number;
  readonly packets: readonly Packet[];
}

/** What passed both interfaces, in order. */
export interface Captures {
  /** Seen at the client. */
  readonly left: readonly Datagram[];
  /** Seen at the server. */
  readonly right: readonly Datagram[];
}

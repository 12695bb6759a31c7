import { type Address, UNKNOWN_ADDRESS } from '../path/address.ts';
import type { Path } from '../path/path.ts';

/**
 * What `prepareNextPacket` fills. The caller owns it and reuses it; every field is written by every
 * call.
 */
export interface OutgoingDatagram {
  /**
   * Where the bytes go, from index 0. At least 1200 bytes long; where there is room for more than one datagram, a
   * connection with much to send fills it with a train of them.
   */
  readonly buffer: Uint8Array;
  /** Bytes written; 0 when nothing is due. */
  length: number;
  to: Address;
  /** Local address to send from; port 0 while it is not known. */
  from: Address;
  /** Interface that the path was learned on; 0 when unknown. */
  interfaceIndex: number;
  /** ECN codepoint to set: 0 not-ECT, 1 ECT(1), 2 ECT(0). */
  ecn: number;
  /** Bytes of each datagram in the buffer; the last may be shorter. Equals `length` where there is only one. */
  segmentSize: number;
  /** The connection that sends, or -1 for packets that belong to none. */
  connection: number;
  /** Original destination connection ID in hexadecimal, for logs; empty when there is none. */
  logId: string;
}

/** A blank record around `buffer`. */
export function createOutgoingDatagram(buffer: Uint8Array): OutgoingDatagram {
  return {
    buffer,
    length: 0,
    to: UNKNOWN_ADDRESS,
    from: UNKNOWN_ADDRESS,
    interfaceIndex: 0,
    ecn: 0,
    segmentSize: 0,
    connection: -1,
    logId: '',
  };
}

/** Nothing is due. */
export function clearDatagram(out: OutgoingDatagram): void {
  out.length = out.segmentSize = out.interfaceIndex = out.ecn = 0;
  out.to = out.from = UNKNOWN_ADDRESS;
  out.connection = -1;
  out.logId = '';
}

/** What the host must know to send the datagram of a connection. */
export function describe(out: OutgoingDatagram, path: Path, connection: number, logId: string): void {
  out.to = path.remote;
  out.from = path.local;
  out.interfaceIndex = path.interfaceIndex;
  out.ecn = path.ecn.codepoint;
  out.connection = connection;
  out.logId = logId;
}

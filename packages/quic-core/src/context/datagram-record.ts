import type { Connection } from '../connection/connection.ts';
import { UNKNOWN_ADDRESS } from './address.ts';
import type { OutgoingDatagram } from './outgoing-datagram.ts';

/** Nothing is due. */
export function clearDatagram(out: OutgoingDatagram): void {
  out.length = out.segmentSize = out.interfaceIndex = out.ecn = 0;
  out.to = out.from = UNKNOWN_ADDRESS;
  out.connection = -1;
  out.logId = '';
}

/** What the host must know to send the datagram that a connection has made. */
export function describeDatagram(out: OutgoingDatagram, connection: Connection, length: number): void {
  const { sendOrder, logId } = connection.parts;
  const path = sendOrder.path;
  out.length = out.segmentSize = length;
  out.to = path.remote;
  out.from = path.local;
  out.interfaceIndex = path.interfaceIndex;
  out.ecn = sendOrder.ecnCodepoint;
  out.connection = connection.id;
  out.logId = logId;
}

import { ByteReader } from '@tsquic/bytes';
import { TransportError } from '../errors/transport-error.ts';
import { createAckFrame, decodeAck } from '../frame/ack.ts';
import { FrameType } from '../frame/rules.ts';
import { Drop } from '../packet/drop.ts';
import type { PacketReader } from '../packet/reader.ts';
import type { Path } from '../path/path.ts';
import type { ConnectionParts } from './parts.ts';
import type { Datagram } from './datagram.ts';
import { isFromWrongRole } from './receiver.ts';
import { isProtected, levelOf, spaceOf } from '../packet/levels.ts';

/**
 * A datagram came while closing: it may have to be answered with CONNECTION_CLOSE on the path that it came on, unless it
 * closes the connection as well. RFC 9000 §10.2.1, §10.2.2
 */
export function answerLate(
  datagram: Datagram,
  path: Path,
  reader: PacketReader,
  parts: ConnectionParts,
): void {
  const { closeState, life } = parts;
  path.amplification.onReceived(datagram.length);
  if (!closeState.onReceived(datagram.length)) return;
  if (path.destination !== undefined) life.closingPath = path;
  if (isAnsweredClose(datagram, path, reader, parts)) closeState.drain(closeState.reason!);
}

/**
 * Whether a datagram that came while closing has a CONNECTION_CLOSE as well: then the peer has ended the
 * connection and awaits no answer. No other frame of the datagram is read. RFC 9000 §10.2.2
 */
function isAnsweredClose(
  { bytes, length }: Datagram,
  path: Path,
  reader: PacketReader,
  { keys, spaces, isClient }: Pick<ConnectionParts, 'keys' | 'spaces' | 'isClient'>,
): boolean {
  reader.reset(bytes, length);
  const { header } = reader;
  try {
    while (reader.next()) {
      if (isFromWrongRole(header, isClient) || !isProtected(header.type)) return false;
      const space = spaces.at(spaceOf(levelOf(header.type)), path);
      if (space === undefined) continue;
      header.pathId = path.space.pathId;
      if (keys.open(bytes, header, space.receiving.received.largest) !== Drop.None) continue;
      if (endsConnection(bytes, header.payloadAt, header.payloadEnd)) return true;
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
  return false;
}

/**
 * Whether a payload has a CONNECTION_CLOSE with at most ACK, PATH_ACK, PING and PADDING frames before it, as endpoints
 * send it.
 */
function endsConnection(bytes: Uint8Array, from: number, to: number): boolean {
  const reader = new ByteReader(bytes, from, to);
  for (;;) {
    const type = reader.varint();
    if (reader.truncated) return false;
    if (type === FrameType.ConnectionClose || type === FrameType.ApplicationClose) return true;
    if (type === FrameType.Padding || type === FrameType.Ping) continue;
    if (!isAcknowledgement(type) || !decodeAck(reader, type, createAckFrame())) return false;
  }
}

/** draft-ietf-quic-multipath §4.1 */
function isAcknowledgement(type: number): boolean {
  const { Ack, AckEcn, PathAck, PathAckEcn } = FrameType;
  return type === Ack || type === AckEcn || type === PathAck || type === PathAckEcn;
}

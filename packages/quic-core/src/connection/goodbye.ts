import { ByteReader } from '@tsquic/bytes';
import { TransportError } from '../errors/transport-error.ts';
import { createAckFrame, decodeAck } from '../frame/ack.ts';
import { FrameType } from '../frame/rules.ts';
import { levelOf } from '../keys/keys.ts';
import { Drop } from '../packet/drop.ts';
import { PacketType } from '../packet/header.ts';
import type { PacketReader } from '../packet/reader.ts';
import type { ConnectionParts } from './assemble.ts';
import type { Datagram } from './datagram.ts';
import { isFromWrongRole, spaceOf } from './receiver.ts';

/**
 * Whether a datagram that came while closing ends the connection as well: then nobody waits for an answer. What else
 * is in it is not read. RFC 9000 §10.2.2
 */
export function isGoodbye(
  { bytes, length }: Datagram,
  reader: PacketReader,
  { keys, spaces, isClient }: Pick<ConnectionParts, 'keys' | 'spaces' | 'isClient'>,
): boolean {
  reader.reset(bytes, length);
  const { header } = reader;
  try {
    while (reader.next()) {
      if (isFromWrongRole(header, isClient) || header.type === PacketType.Retry) return false;
      const { received } = spaces.at(spaceOf(levelOf(header.type)));
      if (keys.open(bytes, header, received.largest) !== Drop.None) continue;
      if (endsConnection(bytes, header.payloadAt, header.payloadEnd)) return true;
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
  return false;
}

/** Whether a payload has a CONNECTION_CLOSE, as endpoints send it: nothing but acknowledgements goes before. */
function endsConnection(bytes: Uint8Array, from: number, to: number): boolean {
  const reader = new ByteReader(bytes, from, to);
  for (;;) {
    const type = reader.varint();
    if (reader.truncated) return false;
    if (type === FrameType.ConnectionClose || type === FrameType.ApplicationClose) return true;
    if (type === FrameType.Padding || type === FrameType.Ping) continue;
    const isAck = type === FrameType.Ack || type === FrameType.AckEcn;
    if (!isAck || !decodeAck(reader, type, createAckFrame())) return false;
  }
}

import { ByteReader, ByteWriter } from '@tsquic/bytes';
import { FIXED_BIT, type PacketHeader } from './header.ts';
import { longHeaderLength, writeInvariantHeader } from './long-header.ts';

/**
 * A whole Version Negotiation packet with the connection IDs of the packet that it answers, swapped, and the
 * supported versions. RFC 9000 §17.2.1
 *
 * @param random - the value of the bits without meaning.
 */
export function encodeVersionNegotiation(
  destinationId: Uint8Array,
  sourceId: Uint8Array,
  versions: readonly number[],
  random: number,
): Uint8Array {
  const packet = new Uint8Array(longHeaderLength(destinationId, sourceId) + 4 * versions.length);
  const writer = new ByteWriter(packet);
  // The fixed bit is set, for receivers that distinguish protocols by it. RFC 9000 §17.2.1
  writeInvariantHeader(writer, FIXED_BIT | (random & 0x3f), 0, destinationId, sourceId);
  for (const version of versions) writer.u32(version);
  return packet;
}

/** The versions in a Version Negotiation packet; undefined when it is malformed. */
export function decodeVersionNegotiation(bytes: Uint8Array, header: PacketHeader): number[] | undefined {
  const reader = new ByteReader(bytes, header.numberAt, header.packetEnd);
  if (reader.remaining === 0 || reader.remaining % 4 !== 0) return undefined;
  const versions: number[] = [];
  while (reader.remaining > 0) versions.push(reader.u32());
  return versions;
}

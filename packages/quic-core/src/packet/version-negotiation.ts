import { ByteReader, ByteWriter } from '@tsquic/bytes';
import { LONG_FORM, type PacketHeader } from './header.ts';

/**
 * A whole Version Negotiation packet: the IDs of the packet it answers, swapped, and the versions we
 * speak. RFC 9000 §17.2.1
 *
 * @param random - fills the bits that mean nothing.
 */
export function encodeVersionNegotiation(
  destinationId: Uint8Array,
  sourceId: Uint8Array,
  versions: readonly number[],
  random: number,
): Uint8Array {
  const packet = new Uint8Array(7 + destinationId.length + sourceId.length + 4 * versions.length);
  const writer = new ByteWriter(packet);
  // The fixed bit is set as well, for those who demultiplex by it. RFC 9000 §17.2.1
  writer.u8(LONG_FORM | 0x40 | (random & 0x3f));
  writer.u32(0);
  writer.u8(destinationId.length);
  writer.bytes(destinationId);
  writer.u8(sourceId.length);
  writer.bytes(sourceId);
  for (const version of versions) writer.u32(version);
  return packet;
}

/** The versions that a Version Negotiation packet lists; undefined when it is malformed. */
export function decodeVersionNegotiation(bytes: Uint8Array, header: PacketHeader): number[] | undefined {
  const reader = new ByteReader(bytes, header.numberAt, header.packetEnd);
  if (reader.remaining === 0 || reader.remaining % 4 !== 0) return undefined;
  const versions: number[] = [];
  while (reader.remaining > 0) versions.push(reader.u32());
  return versions;
}

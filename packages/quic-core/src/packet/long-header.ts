import type { ByteWriter } from '@tsquic/bytes';
import type { PacketType } from '../version/packet-type.ts';
import type { Version } from '../version/versions.ts';
import { FIXED_BIT, LONG_FORM } from './header.ts';

/** Length of the first byte, the version, and the connection IDs with their lengths. */
export function longHeaderLength(destinationId: Uint8Array, sourceId: Uint8Array): number {
  return 7 + destinationId.length + sourceId.length;
}

/**
 * Write the beginning of a long header, up to the Source Connection ID. RFC 9000 §17.2
 *
 * @param bits - the four bits after the type.
 */
export function writeLongHeader(
  writer: ByteWriter,
  version: Version,
  type: PacketType,
  bits: number,
  destinationId: Uint8Array,
  sourceId: Uint8Array,
): void {
  const first = FIXED_BIT | (version.longTypes.indexOf(type) << 4) | bits;
  writeInvariantHeader(writer, first, version.id, destinationId, sourceId);
}

/**
 * Write the part of a long header that is the same in all versions, and in Version Negotiation. RFC 8999 §5.1
 */
export function writeInvariantHeader(
  writer: ByteWriter,
  bits: number,
  versionId: number,
  destinationId: Uint8Array,
  sourceId: Uint8Array,
): void {
  writer.u8(LONG_FORM | bits);
  writer.u32(versionId);
  writer.u8(destinationId.length);
  writer.bytes(destinationId);
  writer.u8(sourceId.length);
  writer.bytes(sourceId);
}

import type { ByteReader } from '@tsquic/bytes';
import { PacketType } from '../version/packet-type.ts';
import { type Version, versionById } from '../version/versions.ts';
import { Drop } from './drop.ts';

/**
 * A packet header. All `…At` and `…End` members index the datagram. One record is reused for every packet:
 * `parseHeader` fills the fields that header protection does not hide, `Keys.open` the others.
 */
export interface PacketHeader {
  type: PacketType;
  /** Version field; 0 for 1-RTT packets, which have none. */
  version: number;
  headerAt: number;
  dcidAt: number;
  dcidLength: number;
  scidAt: number;
  scidLength: number;
  tokenAt: number;
  tokenLength: number;
  /** First byte of the (protected) packet number. */
  numberAt: number;
  /** One past the last byte of this packet, where a coalesced packet would begin. */
  packetEnd: number;
  /**
   * The path that the Destination Connection ID belongs to, which the connection fills in; 0 where there is
   * one path. draft-ietf-quic-multipath §2.4
   */
  pathId: number;
  /** Known after header protection is removed. */
  packetNumber: number;
  payloadAt: number;
  /** One past the last byte of plaintext. */
  payloadEnd: number;
}

export const LONG_FORM = 0x80;
export const FIXED_BIT = 0x40;
export const MAX_CONNECTION_ID_LENGTH = 20;
const RETRY_TAG_LENGTH = 16;

/** Length of the connection IDs that this end issues: of all, or by their first byte. */
export type IdLengths = number | Uint8Array;

/**
 * Parse the header at the reader into `out`. Never throws, never allocates. RFC 9000 §17, RFC 8999.
 *
 * @param localIdLengths - lengths of our connection IDs, which short headers do not carry (RFC 9000 §17.3.1).
 * @param versions - supported versions: the meaning of a long header's type bits depends on its version.
 * @param anyQuicBit - whether packets with a fixed bit of 0 are accepted. RFC 9287 §3
 * @returns `Drop.None`, or why the rest of the datagram must be dropped. On `Drop.UnknownVersion` the
 * connection IDs are filled in, because Version Negotiation needs them.
 */
export function parseHeader(
  reader: ByteReader,
  localIdLengths: IdLengths,
  versions: readonly Version[],
  out: PacketHeader,
  anyQuicBit = false,
): Drop {
  out.headerAt = reader.position;
  const quicBit = anyQuicBit ? FIXED_BIT : 0;
  const first = reader.u8();
  if ((first & LONG_FORM) === 0) return parseShort(reader, first | quicBit, localIdLengths, out);

  out.version = reader.u32();
  // The connection IDs come before any check of the version, because they are the same in every version.
  // RFC 8999 §5.1
  out.dcidLength = reader.u8();
  out.dcidAt = reader.skip(out.dcidLength);
  out.scidLength = reader.u8();
  out.scidAt = reader.skip(out.scidLength);
  out.tokenAt = out.tokenLength = 0;
  if (reader.truncated) return Drop.Truncated;

  if (out.version === 0) {
    out.type = PacketType.VersionNegotiation;
    out.numberAt = reader.position;
    out.packetEnd = reader.end;
    return Drop.None;
  }
  const version = versionById(versions, out.version);
  if (version === undefined) return Drop.UnknownVersion;
  if (((first | quicBit) & FIXED_BIT) === 0) return Drop.FixedBitClear;
  if (out.dcidLength > MAX_CONNECTION_ID_LENGTH || out.scidLength > MAX_CONNECTION_ID_LENGTH)
    return Drop.ConnectionIdTooLong;

  out.type = version.longTypes[(first >> 4) & 3]!;
  if (out.type === PacketType.Retry) return parseRetry(reader, out);
  if (out.type === PacketType.Initial) {
    out.tokenLength = reader.varint();
    out.tokenAt = reader.skip(out.tokenLength);
  }
  const length = reader.varint();
  out.numberAt = reader.position;
  out.packetEnd = reader.skip(length) + length;
  return reader.truncated ? Drop.Truncated : Drop.None;
}

/** A 1-RTT packet extends to the end of the datagram. RFC 9000 §12.2 */
function parseShort(reader: ByteReader, first: number, localIdLengths: IdLengths, out: PacketHeader): Drop {
  const localIdLength = idLengthAt(localIdLengths, reader.bytes[reader.position] ?? 0);
  out.type = PacketType.OneRtt;
  out.version = 0;
  out.dcidLength = localIdLength;
  out.dcidAt = reader.skip(localIdLength);
  out.scidAt = out.scidLength = out.tokenAt = out.tokenLength = 0;
  out.numberAt = reader.position;
  out.packetEnd = reader.end;
  if (reader.truncated) return Drop.Truncated;
  return (first & FIXED_BIT) === 0 ? Drop.FixedBitClear : Drop.None;
}

/** Length of those of our IDs that begin with this byte. */
export function idLengthAt(lengths: IdLengths, firstByte: number): number {
  return typeof lengths === 'number' ? lengths : lengths[firstByte]!;
}

/** The token extends to the integrity tag. RFC 9000 §17.2.5 */
function parseRetry(reader: ByteReader, out: PacketHeader): Drop {
  out.tokenAt = reader.position;
  out.tokenLength = reader.remaining - RETRY_TAG_LENGTH;
  out.numberAt = out.packetEnd = reader.end;
  return out.tokenLength < 1 ? Drop.Truncated : Drop.None;
}

/** An empty record for a parser to refill. */
export function createPacketHeader(): PacketHeader {
  return {
    type: PacketType.Initial,
    version: 0,
    headerAt: 0,
    dcidAt: 0,
    dcidLength: 0,
    scidAt: 0,
    scidLength: 0,
    tokenAt: 0,
    tokenLength: 0,
    numberAt: 0,
    packetEnd: 0,
    pathId: 0,
    packetNumber: 0,
    payloadAt: 0,
    payloadEnd: 0,
  };
}

import type { ByteReader } from '@tsquic/bytes';
import { versionById } from '../version/versions.ts';
import { Drop } from './drop.ts';

/** Packet types, numbered so that long-header types equal their two wire bits (RFC 9000 §17.2). */
export const PacketType = {
  Initial: 0,
  ZeroRtt: 1,
  Handshake: 2,
  Retry: 3,
  OneRtt: 4,
  VersionNegotiation: 5,
} as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/**
 * A packet header. All `…At` and `…End` members index the datagram. One instance is reused for every
 * packet: `parseHeader` fills what is readable under header protection, `Keys.open` the rest.
 */
export interface PacketHeader {
  type: PacketType;
  /** Wire version; 0 for 1-RTT packets, which carry none. */
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
  /** One past the last byte of this packet: where a coalesced packet would start. */
  packetEnd: number;
  /** Known once header protection is off. */
  packetNumber: number;
  payloadAt: number;
  /** One past the last byte of plaintext. */
  payloadEnd: number;
}

export const LONG_FORM = 0x80;
export const FIXED_BIT = 0x40;
export const MAX_CONNECTION_ID_LENGTH = 20;
const RETRY_TAG_LENGTH = 16;

/**
 * Parse the header at the reader into `out`. Never throws, never allocates. RFC 9000 §17, RFC 8999.
 *
 * @param localIdLength - bytes; short headers do not carry it (RFC 9000 §17.3.1).
 * @returns `Drop.None`, or why the rest of the datagram must be ignored. On `Drop.UnknownVersion` the
 *   connection IDs are filled in, as Version Negotiation needs them.
 */
export function parseHeader(reader: ByteReader, localIdLength: number, out: PacketHeader): Drop {
  out.headerAt = reader.position;
  const first = reader.u8();
  if ((first & LONG_FORM) === 0) return parseShort(reader, first, localIdLength, out);

  out.version = reader.u32();
  // The invariants hold for every version, so the IDs come before any check of it. RFC 8999 §5.1
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
  if (versionById(out.version) === undefined) return Drop.UnknownVersion;
  if ((first & FIXED_BIT) === 0) return Drop.FixedBitClear;
  if (out.dcidLength > MAX_CONNECTION_ID_LENGTH || out.scidLength > MAX_CONNECTION_ID_LENGTH)
    return Drop.ConnectionIdTooLong;

  out.type = ((first >> 4) & 3) as PacketType;
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

/** A 1-RTT packet runs to the end of the datagram. RFC 9000 §12.2 */
function parseShort(reader: ByteReader, first: number, localIdLength: number, out: PacketHeader): Drop {
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

/** Everything up to the integrity tag is token. RFC 9000 §17.2.5 */
function parseRetry(reader: ByteReader, out: PacketHeader): Drop {
  out.tokenAt = reader.position;
  out.tokenLength = reader.remaining - RETRY_TAG_LENGTH;
  out.numberAt = out.packetEnd = reader.end;
  return out.tokenLength < 1 ? Drop.Truncated : Drop.None;
}

/** A blank record for a parser to own and refill. */
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
    packetNumber: 0,
    payloadAt: 0,
    payloadEnd: 0,
  };
}

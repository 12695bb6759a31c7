/** The parts of a long header packet that are readable without keys. RFC 9000 §17.2. */
export interface LongHeader {
  readonly firstByte: number;
  readonly version: number;
  readonly destinationId: Buffer;
  readonly sourceId: Buffer;
  /** Where the version-specific part starts. */
  readonly bodyAt: number;
}

/** Reads the long header at the start of `packet`; undefined for a short header or a truncated packet. */
export function readLongHeader(packet: Buffer): LongHeader | undefined {
  if (packet.length < 7 || (packet.readUInt8(0) & 0x80) === 0) return undefined;
  const destinationBytes = packet.readUInt8(5);
  const sourceAt = 6 + destinationBytes;
  if (packet.length <= sourceAt) return undefined;
  const bodyAt = sourceAt + 1 + packet.readUInt8(sourceAt);
  if (packet.length < bodyAt) return undefined;
  return {
    firstByte: packet.readUInt8(0),
    version: packet.readUInt32BE(1),
    destinationId: packet.subarray(6, sourceAt),
    sourceId: packet.subarray(sourceAt + 1, bodyAt),
    bodyAt,
  };
}

/** The versions that a Version Negotiation packet lists. RFC 9000 §17.2.1. */
export function listedVersions(packet: Buffer, header: LongHeader): number[] {
  const versions: number[] = [];
  for (let at = header.bodyAt; at + 4 <= packet.length; at += 4) versions.push(packet.readUInt32BE(at));
  return versions;
}

/** A variable-length integer and where it ends. RFC 9000 §16. */
export interface Varint {
  readonly value: number;
  readonly end: number;
}

/** Reads a variable-length integer. Throws ERR_OUT_OF_RANGE past the end of the buffer. */
export function readVarint(buffer: Buffer, at: number): Varint {
  const first = buffer.readUInt8(at);
  const bytes = 1 << (first >> 6);
  let value = first & 0x3f;
  for (let i = 1; i < bytes; i++) value = value * 256 + buffer.readUInt8(at + i);
  return { value, end: at + bytes };
}

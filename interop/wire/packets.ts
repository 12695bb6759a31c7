import { type VersionConstants, versionConstants } from './initial-keys.ts';
import { type LongHeader, readLongHeader, readVarint } from './long-header.ts';

/** One QUIC packet of a datagram, as far as it is readable without keys. */
export type WirePacket =
  | { readonly kind: 'short'; readonly bytes: Buffer }
  | {
      readonly kind: 'negotiation' | 'retry' | 'unknown';
      readonly bytes: Buffer;
      readonly header: LongHeader;
    }
  | {
      readonly kind: 'initial' | 'protected';
      readonly bytes: Buffer;
      readonly header: LongHeader;
      readonly constants: VersionConstants;
      readonly numberAt: number;
    };

/** The packets of a datagram in order; one that is cut short ends the list. RFC 9000 §12.2, §17.2 */
export function packetsOf(datagram: Buffer): WirePacket[] {
  const packets: WirePacket[] = [];
  let rest = datagram;
  while (rest.length > 0) {
    const packet = firstPacket(rest);
    if (packet === undefined) break;
    packets.push(packet);
    rest = rest.subarray(packet.bytes.length);
  }
  return packets;
}

function firstPacket(bytes: Buffer): WirePacket | undefined {
  if (bytes.readUInt8(0) < 0x80) return { kind: 'short', bytes };
  try {
    return firstLongPacket(bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_OUT_OF_RANGE') return undefined;
    throw error;
  }
}

function firstLongPacket(bytes: Buffer): WirePacket | undefined {
  const header = readLongHeader(bytes);
  if (header === undefined) return undefined;
  if (header.version === 0) return { kind: 'negotiation', bytes, header };
  const constants = versionConstants(header.version);
  if (constants === undefined) return { kind: 'unknown', bytes, header };
  const type = (header.firstByte >> 4) & 0x03;
  if (type === constants.retryType) return { kind: 'retry', bytes, header };
  const kind = type === constants.initialType ? 'initial' : 'protected';
  const lengthAt = kind === 'initial' ? tokenEnd(bytes, header.bodyAt) : header.bodyAt;
  const length = readVarint(bytes, lengthAt);
  const end = length.end + length.value;
  if (end > bytes.length) return undefined;
  return { kind, bytes: bytes.subarray(0, end), header, constants, numberAt: length.end };
}

function tokenEnd(bytes: Buffer, at: number): number {
  const token = readVarint(bytes, at);
  return token.end + token.value;
}

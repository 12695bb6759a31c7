import { ByteWriter } from '@tsquic/bytes';
import { TAG_LENGTH } from '@tsquic/crypto';
import {
  FIXED_BIT,
  longHeaderLength,
  type PacketKeys,
  protectPacket,
  typeOf,
  type Version,
  writeLongHeader,
} from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';

/** The contents of a packet. */
export interface AdversaryPacket {
  readonly level: Level;
  /** Version of a long header. */
  readonly version: Version;
  readonly keys: PacketKeys;
  readonly number: number;
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** Token of an Initial packet. */
  readonly token: Uint8Array;
  /** Frames, or other bytes in their place. */
  readonly payload: Uint8Array;
  /** PADDING extends the packet to at least this length, bytes. */
  readonly leastBytes: number;
  /** XORed into the first byte before protection, for reserved bits and the key phase. */
  readonly firstByte: number;
  /** The path that enters the nonce. draft-ietf-quic-multipath §2.4 */
  readonly pathId: number;
}

/** The encrypted packet, with a packet number of four bytes. RFC 9000 §17 */
export function sealAdversaryPacket(packet: AdversaryPacket): Uint8Array {
  const { level, version, keys, number, destination, source, token, payload } = packet;
  const isInitial = level === Level.Initial;
  const isLong = level !== Level.Application;
  const head = isLong
    ? longHeaderLength(destination, source) + (isInitial ? 4 + token.length : 0) + 2
    : 1 + destination.length;
  const room = Math.max(payload.length, packet.leastBytes - head - 4 - TAG_LENGTH);
  const bytes = new Uint8Array(head + 4 + room + TAG_LENGTH);
  const writer = new ByteWriter(bytes);
  if (isLong) {
    writeLongHeader(writer, version, typeOf(level), 3, destination, source);
    if (isInitial) writer.varintOf(token.length, 4);
    if (isInitial) writer.bytes(token);
    writer.u16(0x4000 | (bytes.length - head));
  } else {
    writer.u8(FIXED_BIT | 3);
    writer.bytes(destination);
  }
  bytes[0] = bytes[0]! ^ packet.firstByte;
  const numberAt = writer.position;
  writer.u32(number);
  const payloadAt = writer.position;
  writer.bytes(payload);
  const end = bytes.length - TAG_LENGTH;
  protectPacket(bytes, 0, numberAt, payloadAt, end, number, keys.aeadOf(packet.pathId), keys.protection);
  return bytes;
}

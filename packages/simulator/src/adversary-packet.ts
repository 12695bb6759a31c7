import { ByteWriter } from '@tsquic/bytes';
import { TAG_LENGTH } from '@tsquic/crypto';
import { PacketType } from '@tsquic/quic-core';
import { FIXED_BIT, LONG_FORM, type PacketKeys, protectPacket, VERSION_1 } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';

/** A packet to be sealed, with nothing left to chance. */
export interface AdversaryPacket {
  readonly level: Level;
  readonly keys: PacketKeys;
  readonly number: number;
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** Of Initial packets. */
  readonly token: Uint8Array;
  /** Frames, or what passes for them. */
  readonly payload: Uint8Array;
  /** PADDING makes the packet at least this long, bytes. */
  readonly leastBytes: number;
  /** XORed into the first byte before protection: reserved bits, key phase. */
  readonly firstByte: number;
}

/** The packet as it goes out, with a packet number of four bytes. RFC 9000 §17 */
export function sealAdversaryPacket(packet: AdversaryPacket): Uint8Array {
  const { level, keys, number, destination, source, token, payload } = packet;
  const isInitial = level === Level.Initial;
  const isLong = level !== Level.Application;
  const head = isLong
    ? 7 + destination.length + source.length + (isInitial ? 4 + token.length : 0) + 2
    : 1 + destination.length;
  const room = Math.max(payload.length, packet.leastBytes - head - 4 - TAG_LENGTH);
  const bytes = new Uint8Array(head + 4 + room + TAG_LENGTH);
  const writer = new ByteWriter(bytes);
  if (isLong) {
    writer.u8(LONG_FORM | FIXED_BIT | (LONG_TYPES[level]! << 4) | 3);
    writer.u32(VERSION_1.id);
    writer.u8(destination.length);
    writer.bytes(destination);
    writer.u8(source.length);
    writer.bytes(source);
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
  protectPacket(bytes, 0, numberAt, payloadAt, end, number, keys.aead, keys.protection);
  return bytes;
}

const LONG_TYPES: readonly number[] = [PacketType.Initial, PacketType.ZeroRtt, PacketType.Handshake];

import type { PacketWriter } from '../../src/packet/writer.ts';
import { openPacket } from './open-packet.ts';
import { readFrames, type SeenFrame } from './frames.ts';

/** What a part writes into a 1-RTT packet that has room for `room` bytes of frames. */
export function framesOf(part: { write(packet: PacketWriter): void }, room = 1000): SeenFrame[] {
  const packet = openPacket();
  packet.writer.frames.end = packet.writer.frames.position + room;
  part.write(packet.writer);
  const bytes = packet.frames();
  return readFrames(bytes, 0, bytes.length);
}

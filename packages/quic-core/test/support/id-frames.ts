import { Level } from '@tsquic/tls13';
import { PacketWriter } from '../../src/packet/writer.ts';
import { DeliveryLog } from '../../src/recovery/delivery-log.ts';
import { readFrames, type SeenFrame } from './frames.ts';

/** What a part writes into a 1-RTT packet that has room for `room` bytes of frames. */
export function framesOf(part: { write(packet: PacketWriter): void }, room = 1000): SeenFrame[] {
  const writer = new PacketWriter();
  const id = new Uint8Array(8);
  writer.reset(new Uint8Array(2000), 2000);
  writer.begin(
    Level.Application,
    0,
    -1,
    { versionId: 1, destinationId: id, sourceId: id, token: id },
    0,
    new DeliveryLog(),
  );
  const { frames } = writer;
  const from = frames.position;
  frames.end = from + room;
  part.write(writer);
  return readFrames(frames.buffer, from, frames.position);
}

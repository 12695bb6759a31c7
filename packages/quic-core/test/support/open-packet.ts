import { Level } from '@tsquic/tls13';
import { PacketWriter } from '../../src/packet/writer.ts';
import { DeliveryLog } from '../../src/facts/delivery-log.ts';
import { ConnectionVersion } from '../../src/version/connection-version.ts';
import { VERSION_1 } from '../../src/version/versions.ts';

const FIELDS = {
  version: new ConnectionVersion(VERSION_1),
  destinationId: new Uint8Array(8),
  pathId: 0,
  sourceId: new Uint8Array(8),
  token: new Uint8Array(0),
};

/** A 1-RTT packet to write frames into, and what was written. */
export interface PacketUnderTest {
  readonly writer: PacketWriter;
  readonly log: DeliveryLog;
  /** Bytes of the frames so far. */
  frames(): Uint8Array;
}

/** Begin a 1-RTT packet in a datagram of `size` bytes. */
export function openPacket(size = 1200): PacketUnderTest {
  const writer = new PacketWriter();
  const log = new DeliveryLog();
  writer.reset(new Uint8Array(size), size);
  if (!writer.begin(Level.Application, 0, -1, FIELDS, 0, log)) throw new Error('no room');
  return {
    writer,
    log,
    frames: () => writer.frames.buffer.slice(writer.current.payloadAt, writer.frames.position),
  };
}

import { TAG_LENGTH } from '@tsquic/crypto';
import type { Level } from '@tsquic/tls13';
import type { PacketWriter } from './writer.ts';

/** A packet whose frames are complete but not encrypted. It is valid only during the call. */
export interface SealingPacket {
  /** ID of the connection. */
  readonly connection: number;
  readonly level: Level;
  readonly number: number;
  /** The datagram being built. */
  readonly buffer: Uint8Array;
  /** Where the frames begin in `buffer`. */
  readonly payloadAt: number;
  /** Where the frames end in `buffer`. */
  readonly payloadEnd: number;
  /** How far the frames may grow: `payloadEnd` in a packet that another follows in the datagram. */
  readonly limit: number;
}

/**
 * Changes the frames of a packet in place, and returns where they end then. A packet that another follows
 * keeps its length: PADDING replaces what is removed.
 */
export type BeforeSealing = (packet: SealingPacket) => number;

/** Header protection samples bytes after the packet number, so that many must follow it. RFC 9001 §5.4.2 */
const SAMPLE_ROOM = 4;

/** Call `change` with every packet of the datagram, whose buffer ends at `datagramEnd`. */
export function changeFrames(
  writer: PacketWriter,
  datagramEnd: number,
  connection: number,
  change: BeforeSealing,
): void {
  const { buffer } = writer.frames;
  for (let i = 0; i < writer.count; i++) {
    const packet = writer.packets[i]!;
    const { level, number, payloadAt, payloadEnd } = packet;
    const isLast = i === writer.count - 1;
    const limit = isLast ? Math.max(datagramEnd - TAG_LENGTH, payloadEnd) : payloadEnd;
    const least = isLast ? Math.min(payloadAt + SAMPLE_ROOM, limit) : payloadEnd;
    const wanted = change({ connection, level, number, buffer, payloadAt, payloadEnd, limit });
    const end = Math.min(Math.max(wanted, payloadAt), limit);
    packet.payloadEnd = Math.max(end, least);
    buffer.fill(0, end, packet.payloadEnd);
  }
}

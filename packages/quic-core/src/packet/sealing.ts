import { TAG_LENGTH } from '@tsquic/crypto';
import type { Level } from '@tsquic/tls13';
import type { PacketWriter } from './writer.ts';

/** A packet whose frames are complete and not yet encrypted. Valid during the call only. */
export interface SealingPacket {
  /** Whose packet it is. */
  readonly connection: number;
  readonly level: Level;
  readonly number: number;
  /** The datagram being built. */
  readonly buffer: Uint8Array;
  /** The frames are `buffer` from here … */
  readonly payloadAt: number;
  /** … to here. */
  readonly payloadEnd: number;
  /** How far the frames may grow: `payloadEnd` in a packet with another behind it. */
  readonly limit: number;
}

/**
 * Changes the frames of a packet where they stand, and returns where they end then. A packet with another behind it
 * keeps its length: what it loses becomes PADDING.
 */
export type BeforeSealing = (packet: SealingPacket) => number;

/** The protection covers a sample of what follows the packet number. RFC 9001 §5.4.2 */
const SAMPLE_ROOM = 4;

/** Let `change` see every packet of the datagram, whose buffer ends at `datagramEnd`. */
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

import { TAG_LENGTH } from '@tsquic/crypto';
import { PacketType } from '../packet/header.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { Tracer } from './tracer.ts';

/** Packet types by encryption level. */
export const PACKET_TYPES: readonly PacketType[] = [
  PacketType.Initial,
  PacketType.ZeroRtt,
  PacketType.Handshake,
  PacketType.OneRtt,
];

/** Show the packets of a datagram to the tracer; call it before they are sealed. */
export function tracePackets(tracer: Tracer, connection: number, writer: PacketWriter, nowUs: number): void {
  const { buffer } = writer.frames;
  for (let i = 0; i < writer.count; i++) {
    const { level, number, headerAt, payloadAt, payloadEnd } = writer.packets[i]!;
    const bytes = payloadEnd + TAG_LENGTH - headerAt;
    tracer.onPacketSent?.(
      connection,
      PACKET_TYPES[level]!,
      number,
      bytes,
      buffer,
      payloadAt,
      payloadEnd,
      nowUs,
    );
  }
}

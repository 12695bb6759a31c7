import { TAG_LENGTH } from '@tsquic/crypto';
import type { PacketWriter } from '../packet/writer.ts';
import type { Tracer } from './tracer.ts';
import { typeOf } from '../packet/levels.ts';

/** Show the packets of a datagram to the tracer; call it before they are sealed. */
export function tracePackets(
  tracer: Tracer,
  connection: number,
  writer: PacketWriter,
  pathId: number,
  nowUs: number,
): void {
  const { buffer } = writer.frames;
  for (let i = 0; i < writer.count; i++) {
    const { level, number, headerAt, payloadAt, payloadEnd } = writer.packets[i]!;
    const bytes = payloadEnd + TAG_LENGTH - headerAt;
    tracer.onPacketSent?.(
      connection,
      typeOf(level),
      number,
      bytes,
      buffer,
      payloadAt,
      payloadEnd,
      nowUs,
      pathId,
    );
  }
}

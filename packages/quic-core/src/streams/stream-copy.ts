import type { DeliveryLog } from '../facts/delivery-log.ts';
import { Fact } from '../facts/fact-kind.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { SendStream } from './send-stream.ts';

/** A range of a stream's bytes. */
export interface StreamRange {
  readonly streamId: number;
  readonly from: number;
  readonly to: number;
}

/** The range that a fact of a packet is about; undefined where it is about something else. */
export function sentRange(log: DeliveryLog, index: number): StreamRange | undefined {
  const kind = log.kindAt(index);
  if (kind !== Fact.Stream && kind !== Fact.StreamFin) return undefined;
  return { streamId: log.valueAt(index, 0), from: log.valueAt(index, 1), to: log.valueAt(index, 2) };
}

/** Whether some of `[from, to)` has been sent and is not acknowledged. */
export function isUnacked({ mayBeStopped, buffer }: SendStream, from: number, to: number): boolean {
  if (!mayBeStopped || from > buffer.sent) return false;
  return to > buffer.base || buffer.reachesEnd(to);
}

/**
 * Write `[from, to)` once more, besides what is under way, as far as it is not acknowledged from the beginning on. Returns where
 * the rest begins, which finds no room; `to` where none is left.
 */
export function writeCopy(sender: SendStream, packet: PacketWriter, from: number, to: number): number {
  if (!isUnacked(sender, from, to)) return to;
  const { base, sent } = sender.buffer;
  const start = Math.max(from, base);
  const end = Math.min(to, sent);
  const reached = sender.writeRange(packet, Math.min(start, end), end);
  if (reached < 0) return start;
  return reached === end ? to : reached;
}

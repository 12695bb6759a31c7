import type { Datagrams } from '../datagrams/datagrams.ts';
import type { Multipath } from '../multipath/multipath.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { Path } from '../path/path.ts';
import type { Streams } from '../streams/streams.ts';

/** The parts that hold data of the program. */
export interface DataParts {
  readonly streams: Streams;
  readonly datagrams: Datagrams;
  readonly multipath: Multipath | undefined;
}

/** Write stream data and datagrams that may leave on any path. */
export function writeData({ datagrams, streams }: DataParts, packet: PacketWriter, nowUs: number): void {
  const datagramsFirst = datagrams.takeTurn(streams.sending.turns);
  if (datagramsFirst) datagrams.write(packet, nowUs);
  streams.writeData(packet);
  if (!datagramsFirst) datagrams.write(packet, nowUs);
}

/**
 * Write the same for one of several paths: before it, copies of what left on others, and what is bound to this path, where that is
 * as urgent. Returns the first fact that is of no copy. draft-ietf-quic-multipath §5.5
 */
export function writeDataOf(parts: DataParts, { space }: Path, packet: PacketWriter, nowUs: number): number {
  const { pathId } = space;
  const { bound } = parts.multipath!;
  bound.copies.write(packet, pathId);
  const copiedTo = space.sending.sent.log.head;
  const isBoundFirst = bound.priority(pathId, true) <= parts.streams.sending.turns.priority;
  if (isBoundFirst) bound.write(packet, pathId, true, nowUs);
  writeData(parts, packet, nowUs);
  if (!isBoundFirst) bound.write(packet, pathId, true, nowUs);
  return copiedTo;
}

/** What belongs to a path that carries nothing else: its validation, and what is bound to it. */
export function writeOwn({ multipath }: DataParts, path: Path, packet: PacketWriter, nowUs: number): void {
  path.validation.write(packet, nowUs);
  multipath!.bound.write(packet, path.space.pathId, false, nowUs);
}

/**
 * Whether there are such frames for a path.
 *
 * @param carries - whether the path carries what may leave on any.
 */
export function hasBoundFrames({ multipath }: DataParts, { space }: Path, carries: boolean): boolean {
  return multipath?.bound.hasFrames(space.pathId, carries) === true;
}

/** What the packet that leaves on a path took from this fact on is copied to other paths, if that is asked for. */
export function copyToOthers({ multipath }: DataParts, { space }: Path, from: number): void {
  if (multipath?.bound.copies.isOn !== true) return;
  const { log } = space.sending.sent;
  const { bound, open, order } = multipath;
  bound.copies.onSent(log, from, log.head, space.pathId, open, order.carrying);
}

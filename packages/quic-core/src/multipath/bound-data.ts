import type { Datagrams } from '../datagrams/datagrams.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { SendSide } from '../streams/send-side.ts';
import { Copies, type StreamsToCopy } from './copies.ts';
import type { PathTable } from './path-table.ts';

/** The streams of the connection, and their sending parts. */
export interface SentStreams {
  readonly sending: SendSide;
  readonly table: StreamsToCopy;
}

/**
 * Data that does not leave on whichever path has room: streams and datagrams that the program has bound to a path, which leave
 * on others only where that one is silent; and copies of what left on another path. draft-ietf-quic-multipath §5.5
 */
export class BoundData {
  readonly copies: Copies;
  private readonly table: PathTable;
  private readonly streams: SendSide;
  private readonly datagrams: Datagrams;

  /** @param copiesAll - whether the data of all streams is copied. */
  constructor(
    table: PathTable,
    { sending, table: streams }: SentStreams,
    datagrams: Datagrams,
    copiesAll: boolean,
  ) {
    this.table = table;
    this.streams = sending;
    this.datagrams = datagrams;
    this.copies = new Copies(streams, copiesAll);
  }

  /**
   * Whether there is any for a path.
   *
   * @param carries - whether the path carries what may leave on any.
   */
  hasFrames(pathId: number, carries: boolean): boolean {
    if (carries && this.copies.hasFrames(pathId)) return true;
    const { lanes } = this.streams;
    if (lanes !== undefined)
      for (const [id, lane] of lanes) if (lane.hasFrames && this.leaves(id, pathId, carries)) return true;
    const { lanes: queues, maxBytes } = this.datagrams;
    if (queues !== undefined && maxBytes >= 0)
      for (const [id, queue] of queues) if (queue.hasFrames && this.leaves(id, pathId, carries)) return true;
    return false;
  }

  /** The most urgent of the streams bound to the path; Infinity where none has anything to send. */
  priority(pathId: number, carries: boolean): number {
    let priority = Infinity;
    if (this.streams.lanes !== undefined)
      for (const [id, lane] of this.streams.lanes)
        if (this.leaves(id, pathId, carries)) priority = Math.min(priority, lane.priority);
    return priority;
  }

  write(packet: PacketWriter, pathId: number, carries: boolean, nowUs: number): void {
    const { datagrams, streams } = this;
    if (datagrams.lanes !== undefined)
      for (const [id, queue] of datagrams.lanes)
        if (this.leaves(id, pathId, carries)) queue.write(packet, datagrams.maxBytes, nowUs);
    if (streams.lanes !== undefined)
      for (const [id, lane] of streams.lanes) if (this.leaves(id, pathId, carries)) lane.write(packet);
  }

  /** A path is over: what was bound to it may leave on any. */
  unbind(pathId: number): void {
    this.streams.unbind(pathId);
    this.datagrams.unbind(pathId);
    this.copies.forgetPath(pathId);
  }

  /** Whether what is bound to one path leaves on another, or the same. */
  private leaves(boundTo: number, pathId: number, carries: boolean): boolean {
    return boundTo === pathId ? carries || this.isLively(boundTo) : carries && !this.isLively(boundTo);
  }

  private isLively(pathId: number): boolean {
    const path = this.table.find(pathId);
    return path?.isUsable === true && !path.isSilent;
  }
}

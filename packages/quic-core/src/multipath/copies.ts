import type { DeliveryLog } from '../facts/delivery-log.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { Stream } from '../streams/stream.ts';
import { isUnacked, sentRange, type StreamRange, writeCopy } from '../streams/stream-copy.ts';
import type { NumberedPath } from './numbered-path.ts';

/** Ranges that wait to be copied to a path; beyond that the oldest are left out, because the others carry them. */
const MAX_WAITING = 1024;

/** The streams of the connection. */
export interface StreamsToCopy {
  find(streamId: number): Stream | undefined;
}

/**
 * Stream data that leaves on every path: what left on one is written on the others as well, unless it is acknowledged before.
 * draft-ietf-quic-multipath §5.5
 */
export class Copies {
  private readonly streams: StreamsToCopy;
  private readonly isForAll: boolean;
  /** Whether a stream asks for copies. */
  private isForSome = false;
  private readonly waiting = new Map<number, StreamRange[]>();

  constructor(streams: StreamsToCopy, isForAll: boolean) {
    this.streams = streams;
    this.isForAll = isForAll;
  }

  get isOn(): boolean {
    return this.isForAll || this.isForSome;
  }

  /** A stream of the program asks for copies. */
  begin(): void {
    this.isForSome = true;
  }

  /**
   * A packet left with the facts `[from, to)` of the log, which are no copies.
   *
   * @param paths - open paths, of which the first `carrying` get a copy.
   */
  onSent(
    log: DeliveryLog,
    from: number,
    to: number,
    pathId: number,
    paths: readonly NumberedPath[],
    carrying: number,
  ): void {
    if (carrying < 2) return;
    for (let i = from; i < to; i++) {
      const copy = sentRange(log, i);
      if (copy === undefined) continue;
      if (!this.isForAll && this.streams.find(copy.streamId)?.isCopied !== true) continue;
      for (let at = 0; at < carrying; at++) if (paths[at]!.id !== pathId) this.add(paths[at]!.id, copy);
    }
  }

  private add(pathId: number, copy: StreamRange): void {
    const queue = this.waiting.get(pathId);
    if (queue === undefined) this.waiting.set(pathId, [copy]);
    else if (queue.push(copy) > MAX_WAITING) queue.shift();
  }

  /** Whether copies wait for a path that still say something. */
  hasFrames(pathId: number): boolean {
    const queue = this.waiting.get(pathId);
    if (queue === undefined) return false;
    let stale = 0;
    while (stale < queue.length && !this.isUnacked(queue[stale]!)) stale++;
    if (stale > 0) queue.splice(0, stale);
    return queue.length > 0;
  }

  /** Write the copies that wait for a path, until the packet is full. */
  write(packet: PacketWriter, pathId: number): void {
    const queue = this.waiting.get(pathId);
    if (queue === undefined) return;
    let done = 0;
    for (; done < queue.length; done++) {
      const { streamId, from, to } = queue[done]!;
      const sender = this.streams.find(streamId)?.sender;
      const reached = sender === undefined ? to : writeCopy(sender, packet, from, to);
      if (reached === to) continue;
      queue[done] = { streamId, from: reached, to };
      break;
    }
    queue.splice(0, done);
  }

  private isUnacked({ streamId, from, to }: StreamRange): boolean {
    const sender = this.streams.find(streamId)?.sender;
    return sender !== undefined && isUnacked(sender, from, to);
  }

  /** A path is over. */
  forgetPath(pathId: number): void {
    this.waiting.delete(pathId);
  }
}

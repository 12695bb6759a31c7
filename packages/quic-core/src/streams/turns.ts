import type { ConnectionFlow } from '../flow/connection-flow.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { RoomQueue } from './room-queue.ts';
import type { Stream } from './stream.ts';
import { comesBefore, TurnQueue } from './turn-queue.ts';

/**
 * Decides which stream sends next. RFC 9000 §2.3 leaves the order to the application, which sets priorities;
 * `TurnQueue` keeps that order. A more urgent stream that always has data leaves the others no turn; one that
 * its limit holds back, or that has no data for now, does.
 */
export class Turns {
  /**
   * Streams that need no credit of the connection: those that repeat lost data, send a FIN, or report that
   * they are blocked.
   */
  private readonly free = new TurnQueue();
  /** Streams with new bytes, which the connection's flow control limit may hold back. */
  private readonly charged = new TurnQueue();
  /** Counts turns. */
  private turn = 0;
  /** How many streams wait for MAX_STREAM_DATA. */
  private blockedCount = 0;
  private readonly flow: ConnectionFlow;
  private readonly room: RoomQueue;

  /** Whether these are the turns of streams that are bound to one path. */
  private readonly isLane: boolean;

  /** @param room - takes streams whose source waits for memory. */
  constructor(flow: ConnectionFlow, room: RoomQueue, isLane = false) {
    this.flow = flow;
    this.room = room;
    this.isLane = isLane;
  }

  /** The stream may have data or STREAM_DATA_BLOCKED to send, or its priority has changed. */
  add(stream: Stream): void {
    const sender = stream.sender!;
    if (stream.parked) stream.turnQueue?.remove(stream);
    else if (sender.hasData(0) || sender.isBlocked) this.enter(stream, this.free);
    else if (sender.hasData(Infinity)) this.enter(stream, this.charged);
    else stream.turnQueue?.remove(stream);
  }

  /** Whether `write` would write anything into an empty packet. */
  get hasFrames(): boolean {
    const { sending } = this.flow;
    if (this.free.count > 0) return true;
    return this.charged.count > 0 && (sending.left > 0 || !sending.isBlockedSaid);
  }

  /** Priority of the stream whose turn it is; Infinity where none has anything to send. */
  get priority(): number {
    return this.next()?.priority ?? Infinity;
  }

  /** Whether flow control holds back data. */
  get isBlocked(): boolean {
    return this.isHeld || this.blockedCount > 0;
  }

  /** Write stream data, each stream in its turn, until the packet is full; then DATA_BLOCKED, if the limit left it room. */
  write(packet: PacketWriter): void {
    // Sources may add streams while the packet is filled: those wait for the next packet, or filling this one
    // might never end.
    for (let turns = this.free.count + this.charged.count; turns > 0; turns--) {
      const stream = this.next();
      if (stream === undefined) break;
      if (!this.takeTurn(stream, packet)) return;
    }
    if (this.isThirsty) this.flow.writeBlocked(packet);
  }

  /** The peer raised the stream's limit: it waits for MAX_STREAM_DATA no longer. */
  unblock(stream: Stream): void {
    this.setBlocked(stream, false);
  }

  /** The stream was reset or has another source, so whether it is blocked is decided anew. */
  reconsider(stream: Stream): void {
    this.setBlocked(stream, false);
    this.add(stream);
  }

  /** No packet left for a while: repeat the frames that say what flow control holds back. RFC 9000 §4.1 */
  onQuiet(streams: Iterable<Stream>): void {
    if (this.isHeld) this.flow.sending.repeatBlocked();
    if (this.blockedCount === 0) return;
    for (const stream of streams) if (stream.blocked && this.takes(stream)) this.repeatBlocked(stream);
  }

  private takes({ lane }: Stream): boolean {
    return lane === this || (lane === undefined && !this.isLane);
  }

  /** STREAM_DATA_BLOCKED of the stream must be said again. */
  repeatBlocked(stream: Stream): void {
    stream.sender!.limit.repeatBlocked();
    this.add(stream);
  }

  /** Whether only the connection's flow control limit holds back the waiting streams. */
  private get isThirsty(): boolean {
    return this.free.count === 0 && this.charged.count > 0 && this.flow.sending.left <= 0;
  }

  /** Whether that is so, and DATA_BLOCKED has told the peer. */
  private get isHeld(): boolean {
    return this.isThirsty && this.flow.sending.isBlockedSaid;
  }

  /** The stream whose turn it is, among those that have credit or need none. */
  private next(): Stream | undefined {
    const free = this.free.first;
    const charged = this.flow.sending.left > 0 ? this.charged.first : undefined;
    if (free === undefined || charged === undefined) return free ?? charged;
    return comesBefore(charged, free) ? charged : free;
  }

  /** Give the stream one turn; returns false when the packet is full. */
  private takeTurn(stream: Stream, packet: PacketWriter): boolean {
    const { sending } = this.flow;
    const sender = stream.sender!;
    sending.used += sender.writeData(packet, sending.left);
    if (sender.hasData(sending.left)) {
      stream.lastTurn = ++this.turn;
      this.add(stream);
      return false;
    }
    const { isBlocked } = sender;
    if (isBlocked && !sender.writeBlocked(packet)) return false;
    stream.lastTurn = ++this.turn;
    this.setBlocked(stream, isBlocked);
    if (isBlocked) stream.turnQueue?.remove(stream);
    else this.add(stream);
    if (sender.waitsForMemory) this.room.addSource(stream);
    return true;
  }

  private enter(stream: Stream, queue: TurnQueue): void {
    if (stream.lastTurn === 0) stream.lastTurn = ++this.turn;
    if (stream.turnQueue === queue) return queue.update(stream);
    stream.turnQueue?.remove(stream);
    queue.add(stream);
  }

  private setBlocked(stream: Stream, blocked: boolean): void {
    if (stream.blocked === blocked) return;
    stream.blocked = blocked;
    this.blockedCount += blocked ? 1 : -1;
  }
}

import { QuicUsageError } from '../errors/usage-error.ts';
import type { ConnectionFlow } from '../flow/connection-flow.ts';
import { FrameType } from '../frame/rules.ts';
import type { StreamControlFrame } from '../frame/stream-control.ts';
import type { ControlQueue } from './control-queue.ts';
import type { HighWaterMarks } from './high-water-marks.ts';
import { type RoomOwner, RoomQueue } from './room-queue.ts';
import type { SendMemory } from './send-memory.ts';
import type { StreamSource } from './source.ts';
import type { Stream } from './stream.ts';
import type { StreamEvent } from './stream-event.ts';
import type { StreamTable } from './stream-table.ts';
import { Turns } from './turns.ts';

/**
 * The sending parts of all streams: the data that the program gives, the frames of the peer about it,
 * acknowledgements and losses. RFC 9000 §3.1
 */
export class SendSide implements RoomOwner {
  /** The turns of the streams that may leave on any path. */
  readonly turns: Turns;
  /** The turns of streams that are bound to a path, by its ID; undefined while none is. */
  lanes: Map<number, Turns> | undefined = undefined;
  /** The memory that holds what the program wrote. */
  readonly memory: SendMemory;
  private readonly flow: ConnectionFlow;
  private readonly table: StreamTable;
  private readonly control: ControlQueue;
  private readonly emit: (event: StreamEvent) => void;
  private readonly room: RoomQueue;

  constructor(
    flow: ConnectionFlow,
    table: StreamTable,
    control: ControlQueue,
    memory: SendMemory,
    emit: (event: StreamEvent) => void,
  ) {
    this.flow = flow;
    this.table = table;
    this.control = control;
    this.memory = memory;
    this.emit = emit;
    this.room = new RoomQueue(memory, flow);
    this.turns = new Turns(flow, this.room);
  }

  // From the program

  write(stream: Stream, data: Uint8Array, fin: boolean): number {
    const { sender } = stream;
    if (!takesData(stream)) return 0;
    if (sender!.source.asking)
      throw new QuicUsageError('re-entrant', `the source of stream ${stream.id} writes to it`);
    const taken = sender!.write(data, fin, this.flow.sending.left);
    if (sender!.wantsWritable) this.room.add(stream);
    this.turnsOf(stream).add(stream);
    return taken;
  }

  setSource(stream: Stream, source: StreamSource | undefined): void {
    // Only the network decides whether a source has already ended its stream, so removing it then is no
    // mistake of the program.
    if (source === undefined && stream.sender?.mayWrite !== true) return;
    if (!takesData(stream)) return;
    stream.sender!.source.set(source);
    this.turnsOf(stream).reconsider(stream);
  }

  setHighWaterMarks(stream: Stream, marks: HighWaterMarks): void {
    if (stream.sender === undefined) return;
    stream.sender.marks = marks;
    this.room.onLimitRaised();
  }

  /** The new priority holds from the next packet on. */
  setPriority(stream: Stream, priority: number): void {
    stream.priority = priority;
    if (stream.turnQueue !== undefined) this.turnsOf(stream).add(stream);
  }

  /** The stream's data is to leave on the path with this ID; on any where that is -1. */
  bind(stream: Stream, pathId: number): void {
    if (stream.sender === undefined) return;
    const lane = pathId < 0 ? undefined : this.lane(pathId);
    if (stream.lane === lane) return;
    stream.turnQueue?.remove(stream);
    this.turnsOf(stream).unblock(stream);
    stream.lane = lane;
    this.turnsOf(stream).reconsider(stream);
  }

  /** A path is over: the streams that were bound to it may leave on any. */
  unbind(pathId: number): void {
    const lane = this.lanes?.get(pathId);
    if (lane === undefined) return;
    for (const stream of this.table.all()) if (stream.lane === lane) this.bind(stream, -1);
    this.lanes!.delete(pathId);
  }

  private lane(pathId: number): Turns {
    this.lanes ??= new Map();
    let lane = this.lanes.get(pathId);
    if (lane === undefined) this.lanes.set(pathId, (lane = new Turns(this.flow, this.room, true)));
    return lane;
  }

  private turnsOf({ lane }: Stream): Turns {
    return lane ?? this.turns;
  }

  reset(stream: Stream, code: number): void {
    if (stream.sender?.mayBeStopped === true) this.endBy(stream, code, true);
  }

  /**
   * Give up the data beyond the first `reliableSize` bytes. Returns false, and does nothing, where the peer
   * does not accept RESET_STREAM_AT. draft-ietf-quic-reliable-stream-reset §5
   */
  resetAt(stream: Stream, code: number, reliableSize: number): boolean {
    if (reliableSize > 0 && !this.table.peerTakesResetAt) return false;
    const { sender } = stream;
    if (sender?.mayBeStopped !== true) return true;
    if (reliableSize > sender.buffer.end && !sender.endedByProgram)
      throw new QuicUsageError(
        'invalid-option',
        `stream ${stream.id} has no ${reliableSize} bytes to deliver`,
      );
    this.endBy(stream, code, true, reliableSize);
    return true;
  }

  // From the peer

  /** The answer to STOP_SENDING is a reset with its code. RFC 9000 §3.5 */
  onStopSending({ streamId, code }: StreamControlFrame): void {
    const stream = this.table.sending(streamId, FrameType.StopSending);
    if (stream?.sender!.mayBeStopped !== true) return;
    this.endBy(stream, code, false);
    this.emit({ type: 'stream-stopped', streamId, code });
  }

  onMaxStreamData(streamId: number, limit: number): void {
    const stream = this.table.sending(streamId, FrameType.MaxStreamData);
    if (stream === undefined || !stream.sender!.limit.raise(limit)) return;
    this.room.onLimitRaised();
    this.turnsOf(stream).unblock(stream);
    this.turnsOf(stream).add(stream);
  }

  /** The handshake has replaced the limit of a stream that was opened before. RFC 9000 §7.4.1 */
  onInitialLimit(stream: Stream): void {
    if (stream.sender?.limit.raise(this.table.initialLimit(stream.id)) !== true) return;
    this.room.onLimitRaised();
    this.turnsOf(stream).unblock(stream);
    this.turnsOf(stream).add(stream);
  }

  /** What was sent on the stream was rejected: all of it is sent anew, by the limits that hold now. RFC 9001 §4.6.2 */
  restart(stream: Stream): void {
    stream.sender?.restart(this.table.initialLimit(stream.id), this.table.peerTakesResetAt);
    this.room.onLimitRaised();
    if (stream.sender !== undefined) this.turnsOf(stream).reconsider(stream);
    this.control.add(stream);
  }

  /** Send nothing of the stream any more, and report no reset to the program. */
  abandon(stream: Stream): void {
    stream.parked = true;
    if (stream.sender === undefined) return;
    stream.sender.reset(0, false);
    this.turnsOf(stream).reconsider(stream);
  }

  /** The peer's limit allows frames for the stream, now or again. */
  resume(stream: Stream): void {
    if (stream.sender !== undefined) this.turnsOf(stream).add(stream);
    this.control.add(stream);
  }

  // From recovery

  onAcked(id: number, from: number, to: number, fin: boolean): void {
    const stream = this.table.find(id);
    if (stream === undefined) return;
    const sender = stream.sender!;
    const { delivered } = sender;
    sender.onAcked(from, to, fin);
    if (sender.delivered && !delivered) this.emit({ type: 'stream-delivered', streamId: id });
    if (sender.finished) this.table.forgetIfFinished(stream);
  }

  onLost(id: number, from: number, to: number, fin: boolean): void {
    const stream = this.table.find(id);
    if (stream === undefined) return;
    stream.sender!.onLost(from, to, fin);
    this.turnsOf(stream).add(stream);
  }

  /** RESET_STREAM, or RESET_STREAM_AT with a reliable size. */
  onResetAcked(id: number, reliableSize = 0): void {
    const stream = this.table.find(id);
    if (stream === undefined) return;
    stream.sender!.onResetAcked(reliableSize);
    this.table.forgetIfFinished(stream);
  }

  onResetLost(id: number, reliableSize = 0): void {
    const stream = this.table.find(id);
    if (stream === undefined) return;
    stream.sender!.onResetLost(reliableSize);
    this.control.add(stream);
    if (reliableSize > 0) this.turnsOf(stream).add(stream);
  }

  /**
   * STREAM_DATA_BLOCKED is repeated if it was the latest and the limit still blocks the stream.
   * RFC 9000 §13.3
   */
  onBlockedLost(id: number, limit: number): void {
    const stream = this.table.find(id);
    if (stream?.sender!.limit.onBlockedLost(limit) === true) this.turnsOf(stream).add(stream);
  }

  // The rest

  /** Whether flow control holds back data. */
  get isBlocked(): boolean {
    if (this.turns.isBlocked) return true;
    for (const lane of this.lanes?.values() ?? []) if (lane.isBlocked) return true;
    return false;
  }

  /** No packet left for a while: repeat the frames that say what flow control holds back. RFC 9000 §4.1 */
  onQuiet(): void {
    this.turns.onQuiet(this.table.all());
    for (const lane of this.lanes?.values() ?? []) lane.onQuiet(this.table.all());
  }

  /** Packets left, data was acknowledged or credit came: streams that wait for room go on. */
  giveRoom(): void {
    this.room.give(this);
  }

  schedule(stream: Stream): void {
    this.turnsOf(stream).add(stream);
  }

  tellWritable({ id }: Stream): void {
    this.emit({ type: 'stream-writable', streamId: id });
  }

  private endBy(stream: Stream, code: number, byProgram: boolean, reliableSize = 0): void {
    stream.sender!.reset(code, byProgram, reliableSize);
    this.turnsOf(stream).reconsider(stream);
    this.control.add(stream);
  }
}

/**
 * Whether the stream can be written to; throws when the program writes after it ended the data itself. A
 * stream that the peer opened may be unidirectional, or stopped by the peer: the program cannot know that in
 * time, so no error is thrown.
 */
function takesData({ id, sender }: Stream): boolean {
  if (sender === undefined) return false;
  if (sender.endedByProgram) throw new QuicUsageError('not-writable', `stream ${id} takes no more data`);
  return sender.mayWrite;
}

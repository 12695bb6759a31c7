import type { PacketWriter } from '../packet/writer.ts';
import type { ReceiveStream } from './receive-stream.ts';
import type { SendStream } from './send-stream.ts';
import type { TurnQueue } from './turn-queue.ts';
import type { Turns } from './turns.ts';

/** One stream: its sending and receiving parts, and its places in the queues. RFC 9000 §2, §3 */
export class Stream {
  readonly id: number;
  /** The sending part, undefined where only the peer sends. */
  readonly sender: SendStream | undefined;
  /** The receiving part, undefined where only we send. */
  readonly receiver: ReceiveStream | undefined;
  /** 0 to 255; see `StreamPriority`. */
  priority: number;
  /**
   * The queue in which the stream waits for its turn, its place there, and the first value that decides the
   * place.
   */
  turnQueue: TurnQueue | undefined = undefined;
  turnAt = 0;
  rank = 0;
  /** The number of its last turn, 0 before it first wants one. */
  lastTurn = 0;
  /** Whether the stream is in the queue of streams with control frames to send. */
  controlQueued = false;
  /** Whether the stream is in the queue of streams that wait for memory or credit to hold more. */
  waitsForRoom = false;
  /** Whether the source is not asked until there is memory for a copy of its bytes. */
  sourceWaits = false;
  /** Whether the stream waits for MAX_STREAM_DATA. */
  blocked = false;
  /** Whether data of the stream came in 0-RTT packets. */
  early = false;
  /**
   * Whether no frame of the stream may be sent: the peer rejected 0-RTT, and allows fewer streams than were
   * opened.
   */
  parked = false;
  /** The turns that the stream takes part in where it is bound to a path; undefined for those of all streams. */
  lane: Turns | undefined = undefined;
  /** Whether its data leaves on every path. */
  isCopied = false;
  /** The program's view of the stream, made when it is first asked for. */
  view: unknown = undefined;

  constructor(
    id: number,
    sender: SendStream | undefined,
    receiver: ReceiveStream | undefined,
    priority: number,
  ) {
    this.id = id;
    this.priority = priority;
    this.sender = sender;
    this.receiver = receiver;
  }

  /** Whether both parts are over, so that no frame of this stream matters any more. */
  get finished(): boolean {
    return (
      (this.sender === undefined || this.sender.finished) &&
      (this.receiver === undefined || this.receiver.finished)
    );
  }

  /** Whether RESET_STREAM, STOP_SENDING or MAX_STREAM_DATA must be sent. */
  get owesControl(): boolean {
    return this.sender?.owesReset === true || this.receiver?.owesControl === true;
  }

  /** Write these frames; returns false when not all of them fit. */
  writeControl(packet: PacketWriter, nowUs: number, rttUs: number): boolean {
    const { sender, receiver } = this;
    if (sender?.owesReset === true && !sender.writeReset(packet)) return false;
    return receiver === undefined || receiver.writeControl(packet, nowUs, rttUs);
  }
}

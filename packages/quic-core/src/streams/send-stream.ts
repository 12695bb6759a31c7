import { varintLength } from '@tsquic/bytes';
import { encodeResetStream } from '../frame/stream-control.ts';
import { encodeStreamLimit } from '../frame/flow.ts';
import { FrameType } from '../frame/rules.ts';
import { encodeStreamHeader, STREAM_FIN, STREAM_LEN, STREAM_OFF, streamDataRoom } from '../frame/stream.ts';
import { SendLimit } from '../flow/send-limit.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../recovery/fact-kind.ts';
import type { IdleRings } from './idle-rings.ts';
import type { SendMemory } from './send-memory.ts';
import { SendBuffer } from './send-buffer.ts';
import type { SourceAnswer, StreamSource } from './source.ts';
import { SendInput, SendState, stepSend } from './states.ts';

/** The length of a frame is written before it is known: two bytes hold it. */
const SOURCE_LENGTH_BYTES = 2;
const MAX_SOURCE_BYTES = 0x3fff;

/** A source that left less room in its packet than this is asked for more in the next. */
const SMALL_ROOM_BYTES = 64;

/** A stream may be written to again when it has room for this share of what it holds … */
const WRITABLE_SHARE = 3;
/** … or of what it has not sent, where that is worth an event: what is in flight must not keep it from credit. */
const WRITABLE_BYTES = 16 * 1024;

/** The sending half of a stream. RFC 9000 §3.1 */
export class SendStream {
  readonly id: number;
  state: SendState = SendState.Send;
  /** What the peer allows on this stream. */
  readonly limit: SendLimit;
  /** A write was cut short: tell the application when there is room. */
  wantsWritable = false;
  /** Asked for bytes when nothing written is left. */
  private source: StreamSource | undefined;
  /** The source is filling a packet: nothing may come between its bytes. */
  asking = false;
  /** Asked without any credit, the source had no end to tell. */
  private starved = false;
  private readonly memory: SendMemory;
  private readonly buffer: SendBuffer;
  /** The program ended this half itself, by the end of its data or by a reset. */
  endedHere = false;
  private finWritten = false;
  /** The FIN must be sent, first or again. */
  private finPending = false;
  private finAcked = false;
  private resetCode = -1;
  private resetPending = false;

  constructor(id: number, limitBytes: number, memory: SendMemory, idle?: IdleRings) {
    this.id = id;
    this.memory = memory;
    this.buffer = new SendBuffer(idle, memory);
    this.limit = new SendLimit(limitBytes);
    this.source = undefined;
  }

  setSource(source: StreamSource | undefined): void {
    this.source = source;
    this.starved = false;
  }

  /** Everything written was acknowledged, the end too. */
  get delivered(): boolean {
    return this.state === SendState.DataRecvd;
  }

  /** The half needs no more memory. */
  get finished(): boolean {
    return this.state === SendState.DataRecvd || this.state === SendState.ResetRecvd;
  }

  get mayWrite(): boolean {
    return this.state === SendState.Send && !this.finWritten;
  }

  /** A STOP_SENDING still changes something. */
  get mayBeStopped(): boolean {
    return this.state === SendState.Send || this.state === SendState.DataSent;
  }

  /** Take what there is room for; returns how much. */
  write(data: Uint8Array, fin: boolean, connectionLeft: number): number {
    const taken = Math.min(data.length, this.writeRoom(connectionLeft));
    this.buffer.append(data, 0, taken);
    if (taken < data.length) this.wantsWritable = true;
    else if (fin) this.end();
    return taken;
  }

  /** What was written is all, whatever a source would still have. RFC 9000 §4.5 */
  private end(): void {
    this.finWritten = this.finPending = this.endedHere = true;
    this.source = undefined;
  }

  /** There is room again, and the application waits for it. */
  isWritable(connectionLeft: number): boolean {
    if (!this.wantsWritable || !this.mayWrite) return false;
    const room = this.writeRoom(connectionLeft);
    const { heldBytes, unsentBytes } = this.buffer;
    return room > 0 && room * WRITABLE_SHARE >= (room >= WRITABLE_BYTES ? unsentBytes : heldBytes);
  }

  /** A source could give something if there were room to keep a copy. */
  get waitsForMemory(): boolean {
    return this.source !== undefined && this.mayWrite && !this.memory.hasSourceRoom(this.buffer.heldBytes);
  }

  private writeRoom(connectionLeft: number): number {
    const { heldBytes, unsentBytes } = this.buffer;
    const credit = Math.min(connectionLeft, this.limit.left);
    return this.memory.writeRoom(heldBytes, unsentBytes, credit);
  }

  reset(code: number): void {
    if (!this.mayBeStopped) return;
    this.state = stepSend(this.state, SendInput.Reset);
    this.resetCode = code;
    this.resetPending = true;
    this.buffer.discard();
    this.finPending = false;
    this.wantsWritable = false;
    this.source = undefined;
  }

  /** Whether data or a FIN could leave now, as far as this stream's limit goes. */
  hasData(connectionLeft: number): boolean {
    if (this.state !== SendState.Send && this.state !== SendState.DataSent) return false;
    if (this.buffer.lost.count > 0) return true;
    if (this.buffer.unsentBytes === 0 && this.source === undefined) return this.finPending;
    if (connectionLeft > 0 && this.limit.left > 0)
      return this.buffer.unsentBytes > 0 || this.memory.hasSourceRoom(this.buffer.heldBytes);
    // The end needs no credit.
    return this.buffer.unsentBytes === 0 && !this.starved;
  }

  get hasReset(): boolean {
    return this.resetPending;
  }

  /** Unsent bytes, or those that a source would make, wait for the peer to raise this stream's limit. */
  get isBlocked(): boolean {
    if (this.limit.left > 0 || this.state !== SendState.Send) return false;
    return this.buffer.unsentBytes > 0 || (this.source !== undefined && this.starved);
  }

  writeReset(packet: PacketWriter): boolean {
    if (!encodeResetStream(packet.frames, this.id, this.resetCode, this.limit.used)) return false;
    this.resetPending = false;
    packet.addFact(Fact.ResetStream, this.id);
    return true;
  }

  /** STREAM_DATA_BLOCKED, once for each limit; false when it does not fit. RFC 9000 §4.1 */
  writeBlocked(packet: PacketWriter): boolean {
    const { limit } = this;
    if (limit.blockedAt === limit.limit) return true;
    if (!encodeStreamLimit(packet.frames, FrameType.StreamDataBlocked, this.id, limit.limit)) return false;
    limit.blockedAt = limit.limit;
    packet.addFact(Fact.Blocked, FrameType.StreamDataBlocked, this.id, limit.limit);
    return true;
  }

  /**
   * Fill the packet with STREAM frames: what was lost first, then what is new.
   *
   * @returns bytes of connection flow control used.
   */
  writeData(packet: PacketWriter, connectionLeft: number): number {
    const { buffer } = this;
    while (buffer.lost.count > 0) {
      const from = buffer.lost.startAt(0);
      const written = this.writeRange(packet, from, buffer.lost.endAt(0));
      if (written < 0) return 0;
      buffer.lost.remove(from, from + written);
    }
    const left = Math.min(connectionLeft, this.limit.left);
    if (buffer.unsentBytes === 0 && this.source !== undefined) return this.writeFromSource(packet, left);
    const allowed = Math.min(buffer.unsentBytes, left);
    if (allowed === 0 && !(this.finPending && buffer.unsentBytes === 0)) return 0;
    const written = this.writeRange(packet, buffer.sent, buffer.sent + allowed);
    if (written <= 0) return 0;
    buffer.sent += written;
    this.limit.used += written;
    return written;
  }

  onAcked(from: number, to: number, fin: boolean): void {
    // After a reset only the acknowledgement of the reset ends the stream. RFC 9000 §3.1
    if (!this.mayBeStopped) return;
    this.buffer.onAcked(from, to);
    if (fin) {
      this.finAcked = true;
      this.finPending = false;
    }
    if (this.finAcked && this.buffer.base === this.buffer.end)
      this.state = stepSend(this.state, SendInput.AllAcked);
  }

  onLost(from: number, to: number, fin: boolean): void {
    if (this.state !== SendState.Send && this.state !== SendState.DataSent) return;
    this.buffer.onLost(from, to);
    if (fin && !this.finAcked) this.finPending = true;
  }

  onResetAcked(): void {
    this.state = stepSend(this.state, SendInput.ResetAcked);
    this.resetPending = false;
  }

  onResetLost(): void {
    if (this.state === SendState.ResetSent) this.resetPending = true;
  }

  /** Give back a buffer with nothing in it. */
  rest(): void {
    this.buffer.rest();
  }

  /** The connection has ended: nothing is sent any more. */
  onConnectionEnd(): void {
    this.buffer.discard();
    this.source = undefined;
  }

  /** Let the source fill one frame in place, asked as often as it takes; returns the bytes. A copy stays in the buffer, in case the packet is lost. */
  private writeFromSource(packet: PacketWriter, left: number): number {
    const { frames } = packet;
    const { buffer } = this;
    const headerAt = frames.position;
    const dataAt = headerAt + 1 + varintLength(this.id) + varintLength(buffer.end) + SOURCE_LENGTH_BYTES;
    const memoryRoom = left > 0 ? this.memory.roomFor(buffer.heldBytes) : 0;
    const room = Math.min(left, memoryRoom, frames.end - dataAt, MAX_SOURCE_BYTES);
    if (room < 0 || (room === 0 && left > 0)) return 0;
    let bytes = 0;
    let answer: SourceAnswer;
    let mayAsk: boolean;
    do {
      answer = this.ask(frames.buffer.subarray(dataAt + bytes, dataAt + room));
      bytes += answer.bytes;
      // Without credit only the end is left to ask for; with little room nothing is worth it.
      mayAsk = bytes === room ? bytes === left : frames.end - dataAt - bytes >= SMALL_ROOM_BYTES;
    } while (answer.bytes > 0 && this.source !== undefined && mayAsk);
    const { fin } = answer;
    // A source may reset its stream: then what it gave is not sent.
    if ((bytes === 0 && !fin) || this.state !== SendState.Send) return 0;
    const from = buffer.end;
    buffer.append(frames.buffer, dataAt, dataAt + bytes);
    buffer.sent = buffer.end;
    this.limit.used += bytes;
    frames.u8(FrameType.Stream | STREAM_OFF | STREAM_LEN | (fin ? STREAM_FIN : 0));
    frames.varint(this.id);
    frames.varint(from);
    frames.varintOf(bytes, SOURCE_LENGTH_BYTES);
    frames.take(bytes);
    packet.addFact(fin ? Fact.StreamFin : Fact.Stream, this.id, from, buffer.end);
    if (fin) {
      this.finWritten = this.endedHere = true;
      this.state = stepSend(this.state, SendInput.AllSent);
    }
    return bytes;
  }

  /**
   * The answer of the source, or of the one that it hands over to before it gives anything. An empty room is for
   * credit that is used up: nothing but the end fits.
   */
  private ask(room: Uint8Array): SourceAnswer {
    for (;;) {
      const source = this.source!;
      this.asking = true;
      const answer = source(room);
      this.asking = false;
      const { bytes, fin } = answer;
      if (!(bytes >= 0 && bytes <= room.length))
        throw new RangeError(`a source wrote ${bytes} bytes into a room of ${room.length}`);
      const isDry = bytes === 0 && !fin && this.source === source;
      this.starved = isDry && room.length === 0;
      if (fin || (isDry && !this.starved)) this.source = undefined;
      if (bytes > 0 || isDry || this.source === undefined) return answer;
    }
  }

  /** Write one frame of `[from, to)`, or as much as fits; returns the bytes, or -1 when nothing fits. */
  private writeRange(packet: PacketWriter, from: number, to: number): number {
    const { frames } = packet;
    const room = streamDataRoom(this.id, from, frames.room);
    if (room < 0 || (room === 0 && from < to)) return -1;
    const end = Math.min(to, from + room);
    const fin = this.finWritten && !this.finAcked && end === this.buffer.end;
    encodeStreamHeader(frames, this.id, from, end - from, fin);
    this.buffer.copyTo(frames.buffer, frames.take(end - from), from, end);
    packet.addFact(fin ? Fact.StreamFin : Fact.Stream, this.id, from, end);
    if (fin) {
      this.finPending = false;
      this.state = stepSend(this.state, SendInput.AllSent);
    }
    return end - from;
  }
}

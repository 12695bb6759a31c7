import { varintLength } from '@tsquic/bytes';
import { encodeResetStreamAt } from '../frame/reset-stream-at.ts';
import { encodeResetStream } from '../frame/stream-control.ts';
import { encodeStreamLimit } from '../frame/flow.ts';
import { FrameType } from '../frame/rules.ts';
import { encodeStreamHeader, STREAM_FIN, STREAM_LEN, STREAM_OFF, streamDataRoom } from '../frame/stream.ts';
import { SendLimit } from '../flow/send-limit.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../facts/fact-kind.ts';
import { AskedSource } from './asked-source.ts';
import { type HighWaterMarks, isBelow, roomBelow } from './high-water-marks.ts';
import type { IdleRings } from './idle-rings.ts';
import type { SendMemory } from './send-memory.ts';
import { SendBuffer } from './send-buffer.ts';
import type { SourceAnswer } from './source.ts';
import {
  afterAllAcked,
  afterAllSent,
  afterRejection,
  afterReset,
  afterResetAcked,
  afterResetAt,
  canBeReset,
  SEND,
  SendKind,
  type SendState,
} from './states.ts';

/** Bytes of a Length field that holds any length up to this: a source writes before the length of its STREAM frame is known. */
function lengthFieldBytes(maxLength: number): number {
  return maxLength > 0x3fff ? 4 : 2;
}

/** A source that left less room in its packet than this is asked for more in the next. */
const SMALL_ROOM_BYTES = 64;

/** A stream becomes writable when it has room for this share of what it holds, */
const WRITABLE_SHARE = 3;
/**
 * or of what it has not sent, where that is worth an event: bytes in flight must not keep it from using
 * credit.
 */
const WRITABLE_BYTES = 16 * 1024;

/** The sending part of a stream. RFC 9000 §3.1 */
export class SendStream {
  readonly id: number;
  /** The peer's flow control limit for this stream. RFC 9000 §4.1 */
  readonly limit: SendLimit;
  /** Whether a write took fewer bytes than given, so that the program waits for `stream-writable`. */
  wantsWritable = false;
  /** How many bytes the program wants the stream to hold at most. */
  marks: HighWaterMarks | undefined = undefined;
  /** The source, which is asked for bytes when no written bytes are left to send. */
  readonly source: AskedSource = new AskedSource();
  readonly buffer: SendBuffer;
  private readonly memory: SendMemory;
  private state: SendState = SEND;

  constructor(id: number, limitBytes: number, memory: SendMemory, idle?: IdleRings) {
    this.id = id;
    this.memory = memory;
    this.buffer = new SendBuffer(idle, memory);
    this.limit = new SendLimit(limitBytes);
  }

  /** Whether the peer has acknowledged all data and the FIN. */
  get delivered(): boolean {
    return this.state.kind === SendKind.DataRecvd;
  }

  /** Whether the sending part is in a terminal state: nothing more is sent or acknowledged. RFC 9000 §3.1 */
  get finished(): boolean {
    const { kind } = this.state;
    return kind === SendKind.DataRecvd || kind === SendKind.ResetRecvd;
  }

  get mayWrite(): boolean {
    return this.state.kind === SendKind.Send && !this.buffer.isEnded;
  }

  /** Whether STOP_SENDING still changes the state. */
  get mayBeStopped(): boolean {
    return canBeReset(this.state);
  }

  /** Whether the program ended its data itself, by a FIN or by a reset. */
  get endedByProgram(): boolean {
    const { state } = this;
    if (state.kind === SendKind.ResetAt) return true;
    return state.kind === SendKind.ResetSent || state.kind === SendKind.ResetRecvd
      ? state.byProgram
      : this.buffer.isEnded;
  }

  /** Take as many bytes as there is room for; returns how many. */
  write(data: Uint8Array, fin: boolean, connectionLeft: number): number {
    const taken = Math.min(data.length, this.writeRoom(connectionLeft));
    this.buffer.append(data, 0, taken);
    if (taken < data.length) this.wantsWritable = true;
    else if (fin) this.end();
    if (this.marks !== undefined && this.mayWrite && !isBelow(this.marks, this.buffer))
      this.wantsWritable = true;
    return taken;
  }

  /** The final size is what was written, whatever a source would still give. RFC 9000 §4.5 */
  private end(): void {
    this.buffer.finish();
    this.source.drop();
  }

  /** There is room again, and the application waits for it. */
  isWritable(connectionLeft: number): boolean {
    if (!this.wantsWritable || !this.mayWrite) return false;
    const room = this.writeRoom(connectionLeft);
    const { heldBytes, unsentBytes } = this.buffer;
    if (this.marks !== undefined) return room > 0 && isBelow(this.marks, this.buffer);
    return room > 0 && room * WRITABLE_SHARE >= (room >= WRITABLE_BYTES ? unsentBytes : heldBytes);
  }

  /** Whether the source could give bytes if there were memory for a copy. */
  get waitsForMemory(): boolean {
    return this.source.isThere && this.mayWrite && !this.memory.hasSourceRoom(this.buffer.heldBytes);
  }

  private writeRoom(connectionLeft: number): number {
    const { heldBytes, unsentBytes } = this.buffer;
    const credit = Math.min(connectionLeft, this.limit.left);
    const room = this.memory.writeRoom(heldBytes, unsentBytes, credit);
    return this.marks === undefined ? room : Math.min(room, roomBelow(this.marks, this.buffer));
  }

  /**
   * Give up the data that is not acknowledged: all of it, by RESET_STREAM (RFC 9000 §3.1), or what lies
   * beyond the first `reliableSize` bytes, by RESET_STREAM_AT (draft-ietf-quic-reliable-stream-reset §5).
   */
  reset(code: number, byProgram: boolean, reliableSize = 0): void {
    if (!this.mayBeStopped) return;
    if (reliableSize === 0) {
      this.state = afterReset(this.state, code, this.limit.used, byProgram || this.buffer.isEnded);
      this.buffer.discard();
    } else {
      this.state = afterResetAt(this.state, code, reliableSize);
      this.buffer.cut(reliableSize);
    }
    this.wantsWritable = false;
    this.source.drop();
  }

  /** Whether data or a FIN could leave now, as far as this stream's limit goes. */
  hasData(connectionLeft: number): boolean {
    if (!this.mayBeStopped) return false;
    if (this.buffer.hasLost) return true;
    if (this.buffer.unsentBytes === 0 && !this.source.isThere) return this.buffer.owesEnd || this.owesResetAt;
    if (connectionLeft > 0 && this.limit.left > 0)
      return this.buffer.unsentBytes > 0 || this.memory.hasSourceRoom(this.buffer.heldBytes);
    // A FIN without data needs no credit.
    return this.buffer.unsentBytes === 0 && !this.source.starved;
  }

  /** Whether lost data is to be sent again. */
  get hasLost(): boolean {
    return this.buffer.hasLost;
  }

  get owesReset(): boolean {
    return this.state.kind === SendKind.ResetSent && this.state.owesFrame;
  }

  /**
   * Whether RESET_STREAM_AT must be sent. It follows the last byte below its reliable size, so that its final
   * size needs no more credit.
   */
  private get owesResetAt(): boolean {
    return this.state.kind === SendKind.ResetAt && this.state.owesFrame && this.buffer.unsentBytes === 0;
  }

  /** Whether the peer's limit for this stream holds back unsent bytes, or those that a source would give. */
  get isBlocked(): boolean {
    if (this.limit.left > 0 || !this.mayBeStopped) return false;
    return this.buffer.unsentBytes > 0 || (this.source.isThere && this.source.starved);
  }

  /** Write RESET_STREAM or RESET_STREAM_AT; returns false when it does not fit. */
  writeReset(packet: PacketWriter): boolean {
    const { state, id } = this;
    if (state.kind === SendKind.ResetSent) {
      if (!encodeResetStream(packet.frames, id, state.code, state.finalSize)) return false;
      packet.addFact(Fact.ResetStream, id);
    } else if (state.kind === SendKind.ResetAt) {
      // No byte will be sent for the first time any more, so the used limit is the final size.
      if (!encodeResetStreamAt(packet.frames, id, state.code, this.limit.used, state.reliableSize))
        return false;
      packet.addFact(Fact.ResetStreamAt, id, state.reliableSize);
    } else return true;
    state.owesFrame = false;
    return true;
  }

  /** Write STREAM_DATA_BLOCKED, once for each limit; returns false when it does not fit. RFC 9000 §4.1 */
  writeBlocked(packet: PacketWriter): boolean {
    const { limit } = this;
    if (limit.isBlockedSaid) return true;
    if (!encodeStreamLimit(packet.frames, FrameType.StreamDataBlocked, this.id, limit.limit)) return false;
    limit.onBlockedSaid();
    packet.addFact(Fact.StreamDataBlocked, this.id, limit.limit);
    return true;
  }

  /**
   * Fill the packet with STREAM frames.
   *
   * @returns bytes of connection flow control used.
   */
  writeData(packet: PacketWriter, connectionLeft: number): number {
    const { buffer } = this;
    const left = Math.min(connectionLeft, this.limit.left);
    // A source is asked only when a packet begins with nothing written left to send.
    const asks = this.source.isThere && buffer.unsentBytes === 0;
    const newBytes = this.writeBuffered(packet, left);
    this.limit.used += newBytes;
    if (this.owesResetAt) this.writeReset(packet);
    return asks && !buffer.hasLost ? this.writeFromSource(packet, left) : newBytes;
  }

  onAcked(from: number, to: number, fin: boolean): void {
    // After a reset only the acknowledgement of the reset ends the stream. RFC 9000 §3.1
    if (!this.mayBeStopped) return;
    this.buffer.onAcked(from, to, fin);
    if (this.buffer.isDelivered) this.state = afterAllAcked(this.state);
    if (this.state.kind === SendKind.ResetAt) this.concludeReset();
  }

  onLost(from: number, to: number, fin: boolean): void {
    if (this.mayBeStopped) this.buffer.onLost(from, to, fin);
  }

  /** RESET_STREAM arrived, or RESET_STREAM_AT with this reliable size. */
  onResetAcked(reliableSize = 0): void {
    const { state } = this;
    if (state.kind === SendKind.ResetAt) {
      if (state.reliableSize !== reliableSize) return;
      state.isAcked = true;
      state.owesFrame = false;
      this.concludeReset();
    } else if (reliableSize === 0) this.state = afterResetAcked(state);
  }

  onResetLost(reliableSize = 0): void {
    const { state } = this;
    if (state.kind === SendKind.ResetSent) state.owesFrame = true;
    else if (state.kind === SendKind.ResetAt && state.reliableSize === reliableSize)
      state.owesFrame = !state.isAcked;
  }

  /** RESET_STREAM_AT is acknowledged, and so is all that it lets arrive. draft-ietf-quic-reliable-stream-reset §5.3 */
  private concludeReset(): void {
    const { state, buffer } = this;
    if (state.kind === SendKind.ResetAt && state.isAcked && buffer.heldBytes === 0)
      this.state = afterResetAcked(state);
  }

  /**
   * The peer rejected 0-RTT: this stream begins anew, under the limit that holds now. RFC 9001 §4.6.2
   * Where the peer takes no RESET_STREAM_AT any more, a reset with a reliable size becomes one without.
   */
  restart(limitBytes: number, acceptsResetAt: boolean): void {
    if (this.state.kind === SendKind.ResetAt && !acceptsResetAt) this.reset(this.state.code, true);
    this.limit.restart(limitBytes);
    this.buffer.restart();
    this.state = afterRejection(this.state);
    this.source.starved = false;
  }

  /** Give back the memory of an empty buffer. */
  rest(): void {
    this.buffer.rest();
  }

  /** The connection has ended: nothing is sent any more. */
  onConnectionEnd(): void {
    this.buffer.discard();
    this.source.drop();
  }

  /**
   * Let the source fill one STREAM frame in place, asked as often as it takes; returns the bytes. The buffer
   * keeps a copy, in case the packet is lost.
   */
  private writeFromSource(packet: PacketWriter, left: number): number {
    const { frames } = packet;
    const { buffer } = this;
    const headerAt = frames.position;
    const lengthAt = headerAt + 1 + varintLength(this.id) + varintLength(buffer.end);
    const memoryRoom = left > 0 ? this.memory.roomFor(buffer.heldBytes) : 0;
    const wanted = Math.min(left, memoryRoom, frames.end - lengthAt);
    const lengthBytes = lengthFieldBytes(wanted);
    const dataAt = lengthAt + lengthBytes;
    const room = Math.min(wanted, frames.end - dataAt);
    if (room < 0 || (room === 0 && left > 0)) return 0;
    let bytes = 0;
    let answer: SourceAnswer;
    let mayAsk: boolean;
    do {
      answer = this.source.ask(frames.buffer.subarray(dataAt + bytes, dataAt + room));
      bytes += answer.bytes;
      // Without credit, a source can only end the stream; with little room, asking again costs more than it
      // gains.
      mayAsk = bytes === room ? bytes === left : frames.end - dataAt - bytes >= SMALL_ROOM_BYTES;
    } while (answer.bytes > 0 && this.source.isThere && mayAsk);
    const { fin } = answer;
    // A source may reset its stream: then what it gave is not sent.
    if ((bytes === 0 && !fin) || this.state.kind !== SendKind.Send) return 0;
    const from = buffer.end;
    buffer.appendSent(frames.buffer, dataAt, dataAt + bytes, fin);
    this.limit.used += bytes;
    frames.u8(FrameType.Stream | STREAM_OFF | STREAM_LEN | (fin ? STREAM_FIN : 0));
    frames.varint(this.id);
    frames.varint(from);
    frames.varintOf(bytes, lengthBytes);
    frames.take(bytes);
    packet.addFact(fin ? Fact.StreamFin : Fact.Stream, this.id, from, buffer.end);
    if (fin) this.state = afterAllSent(this.state);
    return bytes;
  }

  /** Write what the buffer holds; returns the bytes that were never sent before. */
  private writeBuffered(packet: PacketWriter, newBytes: number): number {
    const { buffer } = this;
    let written = 0;
    while (buffer.select(newBytes - written)) {
      const to = this.writeRange(packet, buffer.nextFrom, buffer.nextTo);
      if (to < 0) return written;
      written += buffer.onSent(to);
    }
    return written;
  }

  /** Write one frame of `[from, to)`, or as much as fits; returns where it ends, or -1 when nothing fits. */
  writeRange(packet: PacketWriter, from: number, to: number): number {
    const { frames } = packet;
    const room = streamDataRoom(this.id, from, frames.room);
    if (room < 0 || (room === 0 && from < to)) return -1;
    const end = Math.min(to, from + room);
    const fin = this.buffer.reachesEnd(end);
    encodeStreamHeader(frames, this.id, from, end - from, fin);
    this.buffer.copyTo(frames.buffer, frames.take(end - from), from, end);
    packet.addFact(fin ? Fact.StreamFin : Fact.Stream, this.id, from, end);
    if (fin) this.state = afterAllSent(this.state);
    return end;
  }
}

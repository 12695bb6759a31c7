import type { QuicStream, StreamPriority } from '@tsquic/quic-core';
import { decodeApplicationCode, encodeApplicationCode, WebTransportCode } from './error-code.ts';
import { type CreditOwner, ReceivedCredit } from './received-credit.ts';
import type { SessionEnd } from './session-end.ts';
import type { StreamHandlers } from './session-host.ts';

/** What a program is told of a stream of a session. Codes are the application's; undefined where the peer gave none. §4.4 */
export interface DataStreamHandlers {
  onReadable?(): void;
  onWritable?(): void;
  onReset?(code: number | undefined): void;
  onStopped?(code: number | undefined): void;
  /** The peer has everything that was written, and the end. */
  onDelivered?(): void;
  /** The session ended before the stream did: this is the last call. */
  onGone?(end: SessionEnd): void;
}

/** What a stream needs of its session. */
export interface StreamOwner extends CreditOwner {
  /** Bytes of bodies that flow control lets this side send. */
  readonly sendRoom: number;
  onSent(bytes: number): void;
  /** Bytes that were counted as sent, and will not be. */
  onUnsent(bytes: number): void;
  /** A write took less than it was given for want of the session's credit. */
  onBlocked(stream: DataStream): void;
  onStreamOver(stream: DataStream): void;
}

/** A stream of a session: the QUIC stream without its header, with codes and credit of the session. draft-ietf-webtrans-http3 §4 */
export class DataStream implements StreamHandlers {
  readonly id: number;
  readonly unidirectional: boolean;
  /** Whether this side opened it. */
  readonly isLocal: boolean;
  handlers: DataStreamHandlers = {};
  private readonly stream: QuicStream;
  private readonly owner: StreamOwner;
  /** What of our header has not been taken. */
  private unsentHeader: Uint8Array;
  private readonly ownHeaderBytes: number;
  private readonly received: ReceivedCredit;
  private bodyWritten = 0;
  /** Whether the end follows the header, which waits for the transport. */
  private owesEnd = false;
  /** Whether the end was written. */
  private hasEnded = false;
  /** Whether nothing is sent any more: reset, or unwanted by the peer. */
  private isUnsent = false;
  /** Whether nobody reads it further. */
  private isUnread = false;
  private isOver = false;
  /** Whether the transport has forgotten it: both halves have ended. */
  isReleased = false;

  /**
   * @param ownHeader - for a stream of this side, which sends it first.
   * @param peerHeaderBytes - what a stream of the peer began with, which was read.
   */
  constructor(stream: QuicStream, owner: StreamOwner, ownHeader: Uint8Array, peerHeaderBytes: number) {
    this.id = stream.id;
    this.stream = stream;
    this.owner = owner;
    this.unidirectional = (stream.id & 0x2) !== 0;
    this.isLocal = ownHeader.length > 0;
    this.unsentHeader = ownHeader;
    this.ownHeaderBytes = ownHeader.length;
    this.received = new ReceivedCredit(stream, owner, peerHeaderBytes);
    this.sendHeader();
  }

  /** Whether this side can write to it. */
  get isWritable(): boolean {
    return this.isLocal || !this.unidirectional;
  }

  get isReadable(): boolean {
    return !this.isLocal || !this.unidirectional;
  }

  /** Bytes of the body that were taken to be sent. */
  get writtenBytes(): number {
    return this.bodyWritten;
  }

  /** Bytes of the body that left at least once. */
  get sentBytes(): number {
    return Math.max(0, this.stream.sentBytes - this.ownHeaderBytes);
  }

  /** Bytes of the body that the peer has acknowledged. */
  get acknowledgedBytes(): number {
    return Math.max(0, this.stream.acknowledgedBytes - this.ownHeaderBytes);
  }

  /** Bytes of the body that came. */
  get receivedBytes(): number {
    return this.received.receivedBytes;
  }

  /** Bytes of the body that were read. */
  get readBytes(): number {
    return this.received.releasedBytes;
  }

  get readableBytes(): number {
    return this.isUnread ? 0 : this.stream.readableBytes;
  }

  /** Whether all bytes up to the end were read. */
  get finished(): boolean {
    return this.stream.finished && !this.isUnread;
  }

  /** Copy bytes into `into`; returns how many: 0 when none are there now, or no more come. */
  read(into: Uint8Array): number {
    if (this.isUnread || this.isOver) return 0;
    this.received.count();
    const count = this.stream.read(into);
    this.received.release(count);
    return count;
  }

  /**
   * Send bytes, which are copied; returns how many were taken, from 0 to all: `onWritable` tells when there is room. With `fin`, the
   * stream ends after the last one, but only if all were taken.
   */
  write(bytes: Uint8Array, fin = false): number {
    if (!this.canSend) return 0;
    if (!this.sendHeader()) {
      this.owesEnd ||= fin && bytes.length === 0;
      return 0;
    }
    const room = Math.min(bytes.length, Math.max(this.owner.sendRoom, 0));
    const ends = fin && room === bytes.length;
    const taken = this.stream.write(bytes.subarray(0, room), ends);
    this.bodyWritten += taken;
    this.owner.onSent(taken);
    this.hasEnded = ends && taken === room;
    if (taken === room && room < bytes.length) this.owner.onBlocked(this);
    return taken;
  }

  get priority(): number {
    return this.stream.priority;
  }

  setPriority(priority: StreamPriority): void {
    this.stream.setPriority(priority);
  }

  /** Give up what is sent, with an application's code; the peer still learns which session it was for. §4.4 */
  reset(code: number): void {
    if (this.canReset) this.resetWith(encodeApplicationCode(code));
  }

  /** Ask the peer to send no more, with an application's code. §4.4 */
  stopSending(code: number): void {
    this.stopWith(encodeApplicationCode(code));
  }

  /** The session is over: both halves end with WT_SESSION_GONE. draft-ietf-webtrans-http3 §6 */
  end(end: SessionEnd): void {
    if (this.isOver) return;
    if (this.canReset) this.resetWith(WebTransportCode.SessionGone);
    this.stopWith(WebTransportCode.SessionGone);
    this.isOver = true;
    this.handlers.onGone?.(end);
  }

  // What the QUIC stream tells

  onReadable(): void {
    this.received.count();
    if (!this.isUnread && !this.isOver) this.handlers.onReadable?.();
  }

  onWritable(): void {
    if (!this.canSend || !this.sendHeader()) return;
    if (this.owesEnd) this.write(NOTHING, true);
    else this.handlers.onWritable?.();
  }

  onReset(code: number): void {
    this.received.settle();
    if (!this.isUnread && !this.isOver) this.handlers.onReset?.(decodeApplicationCode(code));
    this.isUnread = true;
  }

  onStopped(code: number): void {
    if (!this.canReset) return;
    this.isUnsent = true;
    this.owner.onUnsent(this.bodyWritten - this.sentBytes);
    this.handlers.onStopped?.(decodeApplicationCode(code));
  }

  onDelivered(): void {
    if (!this.isOver) this.handlers.onDelivered?.();
  }

  onReleased(): void {
    this.isReleased = true;
    this.received.settle();
    this.owner.onStreamOver(this);
  }

  /** The session has credit again. */
  onCredit(): void {
    if (this.canSend) this.handlers.onWritable?.();
  }

  /** Bytes that come where nobody reads are let go of at once. */
  releaseUnread(): void {
    if (this.isUnread) this.received.settle();
  }

  private get canSend(): boolean {
    return this.canReset && !this.hasEnded;
  }

  private get canReset(): boolean {
    return this.isWritable && !this.isUnsent && !this.isOver;
  }

  private sendHeader(): boolean {
    if (this.unsentHeader.length === 0) return true;
    const taken = this.stream.write(this.unsentHeader);
    this.unsentHeader = this.unsentHeader.subarray(taken);
    return this.unsentHeader.length === 0;
  }

  private resetWith(code: number): void {
    const reliableBytes = this.ownHeaderBytes - this.unsentHeader.length;
    const sent = this.sentBytes;
    this.isUnsent = true;
    // Peers without RESET_STREAM_AT may never learn which session the stream was for.
    if (!this.stream.resetAt(code, reliableBytes)) this.stream.reset(code);
    this.owner.onUnsent(this.bodyWritten - sent);
  }

  private stopWith(code: number): void {
    if (!this.isReadable || this.isUnread) return;
    this.isUnread = true;
    if (!this.stream.finished) this.stream.stopSending(code);
    this.received.settle();
  }
}

const NOTHING = new Uint8Array(0);

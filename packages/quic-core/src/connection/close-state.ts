import { decodeUtf8, encodeUtf8 } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { TransportCode, type TransportError } from '../errors/transport-error.ts';
import type { CloseReason } from '../events.ts';
import { type CloseFrame, encodeClose } from '../frame/close.ts';
import type { PacketWriter } from '../packet/writer.ts';

const MAX_REASON_BYTES = 256;
const NO_REASON = new Uint8Array(0);
const ANSWER_FACTOR = 3;

/**
 * How a connection ends, and how often the peer is told. RFC 9000 §10.2, §10.2.1
 *
 *   open ── we close ─▶ closing ──┐
 *     └──── peer closes ─▶ draining ┴─ three probe timeouts ─▶ over
 */
export class CloseState {
  /** Undefined while the connection is open. */
  reason: CloseReason | undefined;
  /** The draining period: no CONNECTION_CLOSE leaves any more. RFC 9000 §10.2.2 */
  draining = false;
  /** A CONNECTION_CLOSE should leave. */
  pending = false;
  /**
   * The level of the one packet that answers the peer's CONNECTION_CLOSE; undefined when no answer is due.
   */
  private answerLevel: Level | undefined;
  private received = 0;
  private nextAnswer = 1;
  /**
   * Bytes that may leave now. Once a CONNECTION_CLOSE has left, more are answers to datagrams that nobody has authenticated,
   * and together have three times the bytes of these. RFC 9000 §10.2.1
   */
  room: number = Infinity;

  get active(): boolean {
    return this.reason !== undefined;
  }

  /** This end closes the connection; returns false when it has ended already. */
  begin(reason: CloseReason): boolean {
    if (this.active) return false;
    this.reason = reason;
    this.pending = true;
    return true;
  }

  /**
   * The peer has closed the connection, or cannot be told; returns false when the connection has ended
   * already.
   */
  drain(reason: CloseReason): boolean {
    this.draining = true;
    this.pending = false;
    if (this.active) return false;
    this.reason = reason;
    return true;
  }

  /**
   * The peer's CONNECTION_CLOSE came at `level`: one packet in answer lets the peer end its closing period
   * early. RFC 9000 §10.2.2
   */
  answer(level: Level): void {
    this.pending = true;
    // The peer may be unable to read 1-RTT packets while it sends 0-RTT.
    this.answerLevel = level === Level.EarlyData ? Level.Initial : level;
  }

  /** The one packet in answer to CONNECTION_CLOSE has left, or had no room to. */
  onAnswered(): void {
    if (this.draining) this.pending = false;
  }

  /**
   * A packet came while closing: each CONNECTION_CLOSE in answer needs more packets than the one before.
   * Returns whether this packet is answered. RFC 9000 §10.2.1
   */
  onReceived(bytes: number): boolean {
    this.room += ANSWER_FACTOR * bytes;
    if (this.draining || ++this.received < this.nextAnswer) return false;
    this.nextAnswer *= 2;
    this.pending = true;
    return true;
  }

  /** A datagram with CONNECTION_CLOSE left. */
  onSent(bytes: number): void {
    this.room = this.room === Infinity ? 0 : this.room - bytes;
  }

  /** Whether a CONNECTION_CLOSE is to be sent at this level. */
  speaksAt(level: Level): boolean {
    return !this.draining || level === this.answerLevel;
  }

  /** Write CONNECTION_CLOSE for a level; where it does not fit, it waits for a datagram with more room. RFC 9000 §10.2.3 */
  write(packet: PacketWriter, level: Level): void {
    // An endpoint that can still send gives its reason in CONNECTION_CLOSE, for a stateless reset gives none.
    // RFC 9000 §10.3
    const frame = this.draining ? HEARD : closeFrame(this.reason!, level);
    if (frame !== undefined && encodeClose(packet.frames, frame)) this.pending = false;
  }
}

/** The frame that answers the peer's CONNECTION_CLOSE. RFC 9000 §10.2.2 */
const HEARD: CloseFrame = {
  application: false,
  code: TransportCode.NoError,
  frameType: 0,
  reason: NO_REASON,
};

/** The reason for closing after this end or the peer has broken the protocol. */
export function transportReason({
  code,
  frameType,
  message,
}: TransportError): Extract<CloseReason, { kind: 'transport' }> {
  return { kind: 'transport', code, frameType, text: message, remote: false };
}

/** The reason that the peer's CONNECTION_CLOSE gives. */
export function peerCloseReason(frame: CloseFrame): CloseReason {
  const text = decodeUtf8(frame.reason);
  return frame.application
    ? { kind: 'application', code: frame.code, text, remote: true }
    : { kind: 'transport', code: frame.code, frameType: frame.frameType, text, remote: true };
}

function closeFrame(reason: CloseReason, level: Level): CloseFrame | undefined {
  if (reason.kind === 'transport')
    return {
      application: false,
      code: reason.code,
      frameType: reason.frameType,
      reason: encodeUtf8(reason.text, MAX_REASON_BYTES),
    };
  if (reason.kind !== 'application') return undefined;
  // A CONNECTION_CLOSE of type 0x1d before 1-RTT packets would expose the state of the application:
  // APPLICATION_ERROR stands for its code. RFC 9000 §10.2.3
  if (level === Level.Application)
    return {
      application: true,
      code: reason.code,
      frameType: 0,
      reason: encodeUtf8(reason.text, MAX_REASON_BYTES),
    };
  return { application: false, code: TransportCode.ApplicationError, frameType: 0, reason: NO_REASON };
}

import { Level } from '@tsquic/tls13';
import { TransportCode, type TransportError } from '../errors/transport-error.ts';
import type { CloseReason } from '../events.ts';
import { type CloseFrame, encodeClose } from '../frame/close.ts';
import type { PacketWriter } from '../packet/writer.ts';

const MAX_REASON_BYTES = 256;
const NO_REASON = new Uint8Array(0);

/**
 * How a connection ends. RFC 9000 §10.2
 *
 *   open ── we close ─▶ closing ──┐
 *     └──── peer closes ─▶ draining ┴─ three probe timeouts ─▶ over
 */
export class CloseState {
  /** Undefined while the connection is open. */
  reason: CloseReason | undefined;
  /** The peer is told nothing any more. */
  draining = false;
  /** A CONNECTION_CLOSE should leave. */
  pending = false;
  /** Where the one packet that answers the peer's CONNECTION_CLOSE belongs; undefined when there is none to answer. */
  private answerLevel: Level | undefined;
  private received = 0;
  private nextAnswer = 1;

  get active(): boolean {
    return this.reason !== undefined;
  }

  /** We close; false when the end has begun already. */
  begin(reason: CloseReason): boolean {
    if (this.active) return false;
    this.reason = reason;
    this.pending = true;
    return true;
  }

  /** The peer closes, or there is nobody left to tell; false when the end had begun already. */
  drain(reason: CloseReason): boolean {
    this.draining = true;
    this.pending = false;
    if (this.active) return false;
    this.reason = reason;
    return true;
  }

  /**
   * The peer's CONNECTION_CLOSE came at `level`: one packet tells it that it was heard, and that it need not wait.
   * RFC 9000 §10.2.2
   */
  answer(level: Level): void {
    this.pending = true;
    // The peer may be unable to read 1-RTT packets while it sends 0-RTT.
    this.answerLevel = level === Level.EarlyData ? Level.Initial : level;
  }

  /** The one answer has left, or had no room to. */
  onAnswered(): void {
    if (this.draining) this.pending = false;
  }

  /** A packet came while closing: answer ever more rarely. Returns whether this one is answered. RFC 9000 §10.2.1 */
  onReceived(): boolean {
    if (this.draining || ++this.received < this.nextAnswer) return false;
    this.nextAnswer *= 2;
    this.pending = true;
    return true;
  }

  /** Whether something about the end is to be said at this level. */
  speaksAt(level: Level): boolean {
    return !this.draining || level === this.answerLevel;
  }

  /** Write CONNECTION_CLOSE for a level; where it does not fit, it waits for a datagram with more room. RFC 9000 §10.2.3 */
  write(packet: PacketWriter, level: Level): void {
    const frame = this.draining ? HEARD : closeFrame(this.reason!, level);
    if (frame !== undefined && encodeClose(packet.frames, frame)) this.pending = false;
  }
}

/** What answers a CONNECTION_CLOSE. RFC 9000 §10.2.2 */
const HEARD: CloseFrame = {
  application: false,
  code: TransportCode.NoError,
  frameType: 0,
  reason: NO_REASON,
};

/** Why we close when the peer, or we, have broken the protocol. */
export function transportReason({
  code,
  frameType,
  message,
}: TransportError): Extract<CloseReason, { kind: 'transport' }> {
  return { kind: 'transport', code, frameType, text: message, remote: false };
}

function closeFrame(reason: CloseReason, level: Level): CloseFrame | undefined {
  if (reason.kind === 'transport')
    return { application: false, code: reason.code, frameType: reason.frameType, reason: utf8(reason.text) };
  if (reason.kind !== 'application') return undefined;
  // Before 1-RTT the peer's address is not sure: the application's words stay out of sight. RFC 9000 §10.2.3
  if (level === Level.Application)
    return { application: true, code: reason.code, frameType: 0, reason: utf8(reason.text) };
  return { application: false, code: TransportCode.ApplicationError, frameType: 0, reason: NO_REASON };
}

/** UTF-8 of `text`, cut to what a reason may take. The lowest layers have no TextEncoder. */
export function utf8(text: string): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0)!;
    const code = isSurrogate(point) ? 0xfffd : point;
    if (out.length > MAX_REASON_BYTES - 4) break;
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x1_0000)
      out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else
      out.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 0x3f),
        0x80 | ((code >> 6) & 0x3f),
        0x80 | (code & 0x3f),
      );
  }
  return Uint8Array.from(out);
}

/** What a peer's reason says, as far as it is UTF-8; anything else becomes the replacement character. */
export function decodeReason(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i]!;
    const length = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const code = length === 0 ? -1 : codePoint(bytes, i, length);
    text += code < 0 ? '\ufffd' : String.fromCodePoint(code);
    i += code < 0 ? 1 : length;
  }
  return text;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  if (at + length > bytes.length) return -1;
  let code = length === 1 ? bytes[at]! : bytes[at]! & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    if ((bytes[at + i]! & 0xc0) !== 0x80) return -1;
    code = code * 64 + (bytes[at + i]! & 0x3f);
  }
  const smallest = [0, 0, 0x80, 0x800, 0x1_0000][length]!;
  return code < smallest || code > 0x10_ffff || isSurrogate(code) ? -1 : code;
}

/** Half of a pair has no UTF-8 of its own. RFC 3629 §3 */
function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { cryptoDataRoom, type CryptoFrame, encodeCryptoHeader } from '../frame/crypto.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../recovery/fact-kind.ts';
import { Reassembly } from '../streams/reassembly.ts';
import { SendBuffer } from '../streams/send-buffer.ts';

/** Pieces that may wait for a gap to fill: a real ClientHello in "chaos" comes in about twenty. */
const MAX_FRAGMENTS = 128;

/** The CRYPTO stream of one encryption level, both ways. RFC 9000 §7.5, §19.6 */
export class CryptoStream {
  private readonly level: number;
  private readonly received = new Reassembly();
  private readonly buffer = new SendBuffer();
  private readonly maxAheadBytes: number;

  /** @param maxAheadBytes - how far beyond what TLS has taken the peer may send. RFC 9000 §7.5 */
  constructor(level: number, maxAheadBytes: number) {
    this.level = level;
    this.maxAheadBytes = maxAheadBytes;
  }

  /** Take a frame; returns whether all that it carries came before. */
  onFrame(frame: CryptoFrame, bytes: Uint8Array): boolean {
    const end = frame.offset + frame.dataEnd - frame.dataAt;
    if (end > frame.offset && this.received.has(frame.offset, end)) return true;
    if (end - this.received.readOffset > this.maxAheadBytes) exceeded('handshake data too far ahead');
    this.received.add(frame.offset, bytes, frame.dataAt, frame.dataEnd);
    if (this.received.gapCount > MAX_FRAGMENTS) exceeded('handshake data in too many pieces');
    return false;
  }

  /** One past the last byte that came, in order or not. */
  get receivedEnd(): number {
    return this.received.highest;
  }

  /** Whether bytes came that TLS has not seen, for others before them are missing. */
  get hasGap(): boolean {
    return this.received.gapCount > 0;
  }

  /** What has come in order since the last call, or undefined. */
  take(): Uint8Array | undefined {
    const length = this.received.readableBytes;
    if (length === 0) return undefined;
    const bytes = new Uint8Array(length);
    this.received.read(bytes);
    return bytes;
  }

  /** Queue bytes to send. */
  send(bytes: Uint8Array): void {
    this.buffer.append(bytes, 0, bytes.length);
  }

  get hasData(): boolean {
    return this.buffer.lost.count > 0 || this.buffer.unsentBytes > 0;
  }

  write(packet: PacketWriter): void {
    const { buffer } = this;
    while (buffer.lost.count > 0) {
      const from = buffer.lost.startAt(0);
      const end = this.writeRange(packet, from, buffer.lost.endAt(0));
      if (end === from) return;
      buffer.lost.remove(from, end);
    }
    if (buffer.unsentBytes > 0) buffer.sent = this.writeRange(packet, buffer.sent, buffer.end);
  }

  onAcked(from: number, to: number): void {
    this.buffer.onAcked(from, to);
  }

  onLost(from: number, to: number): void {
    this.buffer.onLost(from, to);
  }

  /** Give back buffers with nothing in them. */
  rest(): void {
    this.received.rest();
    this.buffer.rest();
  }

  /** Write one frame from `[from, to)`; returns where it ends. */
  private writeRange(packet: PacketWriter, from: number, to: number): number {
    const { frames } = packet;
    const length = Math.min(to - from, cryptoDataRoom(from, frames.room));
    if (length <= 0) return from;
    encodeCryptoHeader(frames, from, length);
    this.buffer.copyTo(frames.buffer, frames.take(length), from, from + length);
    packet.addFact(Fact.Crypto, this.level, from, from + length);
    return from + length;
  }
}

function exceeded(reason: string): never {
  throw new TransportError(TransportCode.CryptoBufferExceeded, FrameType.Crypto, reason);
}

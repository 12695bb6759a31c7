import { raise, TransportCode } from '../errors/transport-error.ts';
import { cryptoDataRoom, type CryptoFrame, encodeCryptoHeader } from '../frame/crypto.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../facts/fact-kind.ts';
import { Reassembly } from '../streams/reassembly.ts';
import { SendBuffer } from '../streams/send-buffer.ts';

/** Pieces of data that may lie behind gaps: browsers split and shuffle a ClientHello into about twenty. */
const MAX_FRAGMENTS = 128;

/**
 * The CRYPTO stream of one encryption level, both ways. RFC 9000 §7.5, §19.6. Either way is made when it is first needed: at the level
 * of 1-RTT, which lasts as long as the connection, only servers send.
 */
export class CryptoStream {
  private readonly level: number;
  private received: Reassembly | undefined = undefined;
  private buffer: SendBuffer | undefined = undefined;
  private readonly maxAheadBytes: number;

  /** @param maxAheadBytes - how far the peer may send beyond the bytes that TLS has taken. RFC 9000 §7.5 */
  constructor(level: number, maxAheadBytes: number) {
    this.level = level;
    this.maxAheadBytes = maxAheadBytes;
  }

  /** Take a frame; returns whether all of its data had come before. */
  onFrame(frame: CryptoFrame, bytes: Uint8Array): boolean {
    const received = (this.received ??= new Reassembly());
    const end = frame.offset + frame.dataEnd - frame.dataAt;
    if (end > frame.offset && received.has(frame.offset, end)) return true;
    if (end - received.readOffset > this.maxAheadBytes)
      raise(TransportCode.CryptoBufferExceeded, FrameType.Crypto, 'handshake data too far ahead');
    received.add(frame.offset, bytes, frame.dataAt, frame.dataEnd);
    if (received.gapCount > MAX_FRAGMENTS)
      raise(TransportCode.CryptoBufferExceeded, FrameType.Crypto, 'handshake data in too many pieces');
    return false;
  }

  /** One past the last byte that came, in order or not. */
  get receivedEnd(): number {
    return this.received?.highest ?? 0;
  }

  /** Whether data came that TLS has not taken, because data before it is missing. */
  get hasGap(): boolean {
    return this.received !== undefined && this.received.gapCount > 0;
  }

  /** Take the data that has come in order since the last call, or undefined. */
  take(): Uint8Array | undefined {
    const { received } = this;
    if (received === undefined || received.readableBytes === 0) return undefined;
    const bytes = new Uint8Array(received.readableBytes);
    received.read(bytes);
    return bytes;
  }

  /** Queue bytes to send. */
  send(bytes: Uint8Array): void {
    this.buffer ??= new SendBuffer();
    this.buffer.append(bytes, 0, bytes.length);
  }

  get hasData(): boolean {
    return this.buffer !== undefined && (this.buffer.hasLost || this.buffer.unsentBytes > 0);
  }

  /**
   * Write data, lost data first. It stays at its level, because each level has a stream of its own. RFC 9001
   * §4.9
   */
  write(packet: PacketWriter): void {
    const { buffer } = this;
    while (buffer?.select(Infinity) === true) {
      const to = this.writeRange(packet, buffer, buffer.nextFrom, buffer.nextTo);
      if (to === buffer.nextFrom) return;
      buffer.onSent(to);
    }
  }

  onAcked(from: number, to: number): void {
    this.buffer?.onAcked(from, to);
  }

  onLost(from: number, to: number): void {
    this.buffer?.onLost(from, to);
  }

  /** Give back the memory of empty buffers. */
  rest(): void {
    this.received?.rest();
    this.buffer?.rest();
  }

  /** Write one frame with data of `[from, to)`; returns where it ends. */
  private writeRange(packet: PacketWriter, buffer: SendBuffer, from: number, to: number): number {
    const { frames } = packet;
    const length = Math.min(to - from, cryptoDataRoom(from, frames.room));
    if (length <= 0) return from;
    encodeCryptoHeader(frames, from, length);
    buffer.copyTo(frames.buffer, frames.take(length), from, from + length);
    packet.addFact(Fact.Crypto, this.level, from, from + length);
    return from + length;
  }
}

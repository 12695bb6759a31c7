import { ByteWriter } from '@tsquic/bytes';
import { TAG_LENGTH } from '@tsquic/crypto';
import { Level } from '@tsquic/tls13';
import type { Keys } from '../keys/keys.ts';
import type { DeliveryLog } from '../recovery/delivery-log.ts';
import { FIXED_BIT, LONG_FORM, PacketType } from './header.ts';
import { packetNumberLength } from './packet-number.ts';

/** Long headers reserve two bytes for their length, so that it may grow with padding. */
const LENGTH_BYTES = 2;
/** The packet number and the payload together, so that there is a sample. RFC 9001 §5.4.2 */
const MIN_NUMBER_AND_PAYLOAD = 4;
/**
 * What a 1-RTT packet has beyond the length of our own connection IDs: a stateless reset, which is shorter than
 * the packet it answers, then looks like a packet to us. RFC 9000 §10.3
 */
const MIN_BEYOND_ID = 22;

/** A packet of the datagram being built: written, not yet sealed. */
export interface OpenPacket {
  level: Level;
  number: number;
  headerAt: number;
  /** Where the length field stands; -1 in short headers. */
  lengthAt: number;
  numberAt: number;
  payloadAt: number;
  payloadEnd: number;
  /** A frame that must be acknowledged is inside. */
  ackEliciting: boolean;
  /** Counts towards bytes in flight: ack-eliciting or padded. RFC 9002 §2 */
  inFlight: boolean;
}

/** IDs, token and version that headers carry. */
export interface HeaderFields {
  versionId: number;
  destinationId: Uint8Array;
  sourceId: Uint8Array;
  token: Uint8Array;
}

/**
 * Builds the datagram to send: packets are begun, filled with frames and closed one after the other, padded
 * together, and sealed at the end. Owned by the context and reused.
 */
export class PacketWriter {
  /** Where frames go while a packet is open; `room` takes the tag into account. */
  readonly frames: ByteWriter = new ByteWriter(new Uint8Array(0));
  /** The packets of this datagram; the first `count` are meaningful. */
  readonly packets: readonly OpenPacket[] = [blank(), blank(), blank(), blank()];
  count = 0;
  /** The packet being filled. */
  current: OpenPacket = this.packets[0]!;
  /** Facts of the packet being filled. */
  private log: DeliveryLog | undefined;
  private datagramEnd = 0;
  /** Bytes that the packet number and the frames of the packet being filled have, if it must be acknowledged. */
  private minBytes: number = MIN_NUMBER_AND_PAYLOAD;

  /** Begin a datagram of at most `limit` bytes in `buffer`. */
  reset(buffer: Uint8Array, limit: number): void {
    this.frames.reset(buffer, 0, 0);
    this.datagramEnd = limit;
    this.count = 0;
  }

  /** Bytes that the datagram has so far, tags of closed packets included. */
  get length(): number {
    return this.count === 0 ? 0 : this.packets[this.count - 1]!.payloadEnd + TAG_LENGTH;
  }

  /**
   * Begin a packet after those already closed. False, with nothing changed, when no useful room is left.
   *
   * @param largestAcked - decides how many bytes the packet number takes.
   */
  begin(
    level: Level,
    number: number,
    largestAcked: number,
    fields: HeaderFields,
    bits: number,
    log: DeliveryLog,
  ): boolean {
    const { frames, length } = this;
    const long = level !== Level.Application;
    const numberLength = packetNumberLength(number, largestAcked);
    const header = long
      ? 7 +
        fields.destinationId.length +
        fields.sourceId.length +
        LENGTH_BYTES +
        (level === Level.Initial ? 4 + fields.token.length : 0)
      : 1 + fields.destinationId.length;
    const minBytes = long ? 0 : MIN_BEYOND_ID + fields.sourceId.length - header - TAG_LENGTH;
    this.minBytes = Math.max(minBytes, MIN_NUMBER_AND_PAYLOAD);
    if (this.datagramEnd - length < header + numberLength + this.minBytes + TAG_LENGTH) return false;
    frames.position = length;
    frames.end = this.datagramEnd - TAG_LENGTH;
    const packet = this.packets[this.count]!;
    packet.level = level;
    packet.number = number;
    packet.headerAt = length;
    packet.ackEliciting = packet.inFlight = false;
    if (long) this.writeLongHeader(packet, fields, numberLength);
    else {
      frames.u8(FIXED_BIT | bits | (numberLength - 1));
      frames.bytes(fields.destinationId);
      packet.lengthAt = -1;
    }
    packet.numberAt = frames.position;
    writeNumber(frames, number, numberLength);
    packet.payloadAt = packet.payloadEnd = frames.position;
    this.current = packet;
    this.log = log;
    return true;
  }

  /** The frame just written must be acknowledged and leaves this fact. */
  addFact(kind: number, a = 0, b = 0, c = 0): void {
    this.current.ackEliciting = true;
    this.log!.add(kind, a, b, c);
  }

  /** The frame just written need not be acknowledged, but its fate is of interest. */
  addQuietFact(kind: number, a: number): void {
    this.log!.add(kind, a, 0, 0);
  }

  /** The frame just written must be acknowledged and nobody minds its loss. */
  markEliciting(): void {
    this.current.ackEliciting = true;
  }

  /** Whether any frame was written into the packet being filled. */
  get isEmpty(): boolean {
    return this.frames.position === this.current.payloadAt;
  }

  /** Close the packet being filled. */
  close(): void {
    const { frames, current } = this;
    // Padding makes a packet count as in flight, so one that only acknowledges gets no more than it must.
    const least = current.ackEliciting ? this.minBytes : MIN_NUMBER_AND_PAYLOAD;
    const missing = least - (frames.position - current.numberAt);
    if (missing > 0) frames.fill(0, missing);
    current.payloadEnd = frames.position;
    current.inFlight = current.ackEliciting || missing > 0;
    this.count++;
  }

  /** Pad the last packet until the datagram has `size` bytes, or as many as it may have. */
  padTo(size: number): void {
    const missing = Math.min(size, this.datagramEnd) - this.length;
    if (missing <= 0 || this.count === 0) return;
    const last = this.packets[this.count - 1]!;
    this.frames.buffer.fill(0, last.payloadEnd, last.payloadEnd + missing);
    last.payloadEnd += missing;
    last.inFlight = true;
  }

  /** Seal every packet; returns the length of the datagram. */
  seal(keys: Keys): number {
    const { buffer } = this.frames;
    for (let i = 0; i < this.count; i++) {
      const packet = this.packets[i]!;
      if (packet.lengthAt >= 0) {
        const length = packet.payloadEnd + TAG_LENGTH - packet.numberAt;
        buffer[packet.lengthAt] = 0x40 | (length >> 8);
        buffer[packet.lengthAt + 1] = length;
      }
      keys.protect(buffer, packet);
    }
    return this.length;
  }

  private writeLongHeader(packet: OpenPacket, fields: HeaderFields, numberLength: number): void {
    const { frames } = this;
    frames.u8(LONG_FORM | FIXED_BIT | (LONG_TYPES[packet.level]! << 4) | (numberLength - 1));
    frames.u32(fields.versionId);
    frames.u8(fields.destinationId.length);
    frames.bytes(fields.destinationId);
    frames.u8(fields.sourceId.length);
    frames.bytes(fields.sourceId);
    if (packet.level === Level.Initial) {
      frames.varint(fields.token.length);
      frames.bytes(fields.token);
    }
    packet.lengthAt = frames.take(LENGTH_BYTES);
  }
}

const LONG_TYPES: readonly number[] = [PacketType.Initial, PacketType.ZeroRtt, PacketType.Handshake];

function writeNumber(writer: ByteWriter, number: number, length: number): void {
  if (length === 4) writer.u32(number >>> 0);
  else if (length === 3) writer.u24(number);
  else if (length === 2) writer.u16(number);
  else writer.u8(number);
}

function blank(): OpenPacket {
  return {
    level: Level.Initial,
    number: 0,
    headerAt: 0,
    lengthAt: 0,
    numberAt: 0,
    payloadAt: 0,
    payloadEnd: 0,
    ackEliciting: false,
    inFlight: false,
  };
}

import { ByteWriter } from '@tsquic/bytes';
import { TAG_LENGTH } from '@tsquic/crypto';
import { Level } from '@tsquic/tls13';
import type { DeliveryLog } from '../facts/delivery-log.ts';
import type { ConnectionVersion } from '../version/connection-version.ts';
import { FIXED_BIT } from './header.ts';
import { typeOf } from './levels.ts';
import { longHeaderLength, writeLongHeader } from './long-header.ts';
import type { RandomBits } from './random-bits.ts';
import { fittingNumberLength, MAX_NUMBER_LENGTH, packetNumberLength } from './packet-number.ts';

/** The length field of a long header always takes two bytes, because padding may change its value. */
const LENGTH_BYTES = 2;
/** Least length of packet number and payload together, for the header protection sample. RFC 9001 §5.4.2 */
const MIN_NUMBER_AND_PAYLOAD = 4;
/**
 * A 1-RTT packet is at least so much longer than our own connection IDs: the peer's stateless reset, which is
 * shorter than the packet that it answers, is then still long enough to look like a packet for us. RFC 9000
 * §10.3
 */
const MIN_BEYOND_ID = 22;

/** A packet of the datagram that is being built, complete but not encrypted. */
export interface OpenPacket {
  level: Level;
  /** The path that it takes, which enters its nonce. draft-ietf-quic-multipath §2.4 */
  pathId: number;
  number: number;
  headerAt: number;
  /** Offset of the length field; -1 in short headers. */
  lengthAt: number;
  numberAt: number;
  payloadAt: number;
  payloadEnd: number;
  /** Whether it contains an ack-eliciting frame. */
  ackEliciting: boolean;
  /** Whether it counts towards the bytes in flight: it is ack-eliciting or contains PADDING. RFC 9002 §2 */
  inFlight: boolean;
}

/** IDs, token and version in headers. */
export interface HeaderFields {
  version: ConnectionVersion;
  destinationId: Uint8Array;
  /** The path that `destinationId` belongs to; 0 where there is one path. */
  pathId: number;
  sourceId: Uint8Array;
  token: Uint8Array;
  /** Draws the QUIC bit of each packet, once the peer is known to accept both values. RFC 9287 §3.1 */
  greasedBits?: RandomBits | undefined;
}

/** Protects the packets that are written with the keys of a connection. RFC 9001 §5 */
export interface PacketSealer {
  /** Encrypt the payload of `packet` in place and apply header protection. */
  protect(buffer: Uint8Array, packet: OpenPacket): void;
}

/**
 * Builds a datagram: packets are begun, filled with frames and closed one after the other, then padded and
 * encrypted at the end. It belongs to the context and is reused.
 */
export class PacketWriter {
  /** Writes the frames of the open packet; `room` leaves space for the tag. */
  readonly frames: ByteWriter = new ByteWriter(new Uint8Array(0));
  /** The packets of this datagram; only the first `count` are in use. */
  readonly packets: readonly OpenPacket[] = [blank(), blank(), blank(), blank()];
  count = 0;
  /** The open packet. */
  current: OpenPacket = this.packets[0]!;
  /** The log for facts of the open packet. */
  private log: DeliveryLog | undefined;
  /** Where the datagram begins in the buffer: in a train, each begins where the one before ends. */
  private datagramAt = 0;
  private datagramEnd = 0;
  /** The least length of packet number and frames of the open packet, if it is ack-eliciting. */
  private minBytes: number = MIN_NUMBER_AND_PAYLOAD;

  /** Begin a datagram of at most `limit` bytes at `from` in `buffer`. */
  reset(buffer: Uint8Array, limit: number, from = 0): void {
    this.frames.reset(buffer, from, from);
    this.datagramAt = from;
    this.datagramEnd = from + limit;
    this.count = 0;
  }

  /** Where the datagram begins in the buffer. */
  get start(): number {
    return this.datagramAt;
  }

  /** Length of the datagram so far, with the tags of closed packets. */
  get length(): number {
    return this.end - this.datagramAt;
  }

  /** Where the last closed packet ends in the buffer, with its tag. */
  get end(): number {
    return this.count === 0 ? this.datagramAt : this.packets[this.count - 1]!.payloadEnd + TAG_LENGTH;
  }

  /**
   * Begin a packet after the closed ones. False, with nothing changed, when too little room is left.
   *
   * @param largestAcked - determines the length of the packet number.
   * @param headerLength - the length that a short header had best have, if it matters to the keys.
   */
  begin(
    level: Level,
    number: number,
    largestAcked: number,
    fields: HeaderFields,
    bits: number,
    log: DeliveryLog,
    headerLength?: number,
  ): boolean {
    const { frames, end } = this;
    const long = level !== Level.Application;
    const header = long
      ? longHeaderLength(fields.destinationId, fields.sourceId) +
        LENGTH_BYTES +
        (level === Level.Initial ? 4 + fields.token.length : 0)
      : 1 + fields.destinationId.length;
    const numberLength = long
      ? packetNumberLength(number, largestAcked)
      : fittingNumberLength(number, largestAcked, header, headerLength);
    const minBytes = long ? 0 : MIN_BEYOND_ID + fields.sourceId.length - header - TAG_LENGTH;
    this.minBytes = Math.max(minBytes, MIN_NUMBER_AND_PAYLOAD);
    if (this.datagramEnd - end < header + numberLength + this.minBytes + TAG_LENGTH) return false;
    frames.position = end;
    frames.end = this.datagramEnd - TAG_LENGTH;
    const packet = this.packets[this.count]!;
    packet.level = level;
    packet.pathId = fields.pathId;
    packet.number = number;
    packet.headerAt = end;
    packet.ackEliciting = packet.inFlight = false;
    if (long) this.writeLongHeader(packet, fields, numberLength);
    else {
      frames.u8(FIXED_BIT | bits | (numberLength - 1));
      frames.bytes(fields.destinationId);
      packet.lengthAt = -1;
    }
    const { greasedBits } = fields;
    if (greasedBits !== undefined && greasedBits.next() === 0)
      frames.buffer[end] = frames.buffer[end]! & ~FIXED_BIT;
    packet.numberAt = frames.position;
    writeNumber(frames, number, numberLength);
    packet.payloadAt = packet.payloadEnd = frames.position;
    this.current = packet;
    this.log = log;
    return true;
  }

  /** The frame just written is ack-eliciting and carries this fact. */
  addFact(kind: number, a = 0, b = 0, c = 0): void {
    this.current.ackEliciting = true;
    this.log!.add(kind, a, b, c);
  }

  /** The frame just written is not ack-eliciting, but its owner is told what becomes of it. */
  addQuietFact(kind: number, a: number, b = 0): void {
    this.log!.add(kind, a, b, 0);
  }

  /** The frame just written is ack-eliciting, and is not sent again when it is lost. */
  markEliciting(): void {
    this.current.ackEliciting = true;
  }

  /** Whether the open packet has no frames yet. */
  get isEmpty(): boolean {
    return this.frames.position === this.current.payloadAt;
  }

  /** Close the open packet. */
  close(): void {
    const { frames, current } = this;
    // PADDING makes a packet count as in flight, so a packet that only acknowledges gets no more than header
    // protection needs.
    const least = current.ackEliciting ? this.minBytes : MIN_NUMBER_AND_PAYLOAD;
    const missing = least - (frames.position - current.numberAt);
    if (missing > 0) frames.fill(0, missing);
    current.payloadEnd = frames.position;
    current.inFlight = current.ackEliciting || missing > 0;
    this.count++;
  }

  /**
   * Pad the Initial packet, or the last one where there is none, until the datagram has `size` bytes, or as many as
   * fit. The peer reads an Initial packet once: PADDING in it takes no room of the spaces that last. RFC 9000 §14.1
   */
  padTo(size: number): void {
    const { end, packets, count } = this;
    const missing = Math.min(this.datagramAt + size, this.datagramEnd) - end;
    if (missing <= 0 || count === 0) return;
    const first = packets[0]!;
    const padded = first.level === Level.Initial ? first : packets[count - 1]!;
    const { buffer } = this.frames;
    const { payloadEnd } = padded;
    buffer.copyWithin(payloadEnd + TAG_LENGTH + missing, payloadEnd + TAG_LENGTH, end);
    buffer.fill(0, payloadEnd, payloadEnd + missing);
    padded.payloadEnd += missing;
    padded.inFlight = true;
    if (padded === first) for (let i = 1; i < count; i++) shift(packets[i]!, missing);
  }

  /** Encrypt all packets; returns the length of the datagram. */
  seal(sealer: PacketSealer): number {
    const { buffer } = this.frames;
    for (let i = 0; i < this.count; i++) {
      const packet = this.packets[i]!;
      if (packet.lengthAt >= 0) {
        const length = packet.payloadEnd + TAG_LENGTH - packet.numberAt;
        buffer[packet.lengthAt] = 0x40 | (length >> 8);
        buffer[packet.lengthAt + 1] = length;
      }
      sealer.protect(buffer, packet);
    }
    return this.length;
  }

  private writeLongHeader(packet: OpenPacket, fields: HeaderFields, numberLength: number): void {
    const { frames } = this;
    const { version, destinationId, sourceId } = fields;
    const type = typeOf(packet.level);
    // 0-RTT packets have the version of the first flight. RFC 9369 §4.1
    const written = packet.level === Level.EarlyData ? version.original : version.current;
    writeLongHeader(frames, written, type, numberLength - 1, destinationId, sourceId);
    if (packet.level === Level.Initial) {
      frames.varint(fields.token.length);
      frames.bytes(fields.token);
    }
    packet.lengthAt = frames.take(LENGTH_BYTES);
  }
}

/**
 * Room that is certain for frames of a 1-RTT packet alone in a datagram of `datagramBytes`, at any length of
 * its packet number. RFC 9000 §17.3.1
 */
export function leastFrameRoom(datagramBytes: number, destinationIdLength: number): number {
  return datagramBytes - 1 - destinationIdLength - MAX_NUMBER_LENGTH - TAG_LENGTH;
}

/**
 * Bytes by which the header of a 0-RTT packet is longer than that of a 1-RTT packet: version, Source
 * Connection ID, lengths. RFC 9000 §17.2.3
 */
export function earlyHeaderExtra(sourceIdLength: number): number {
  return 4 + 1 + 1 + sourceIdLength + LENGTH_BYTES;
}

function writeNumber(writer: ByteWriter, number: number, length: number): void {
  if (length === 4) writer.u32(number >>> 0);
  else if (length === 3) writer.u24(number);
  else if (length === 2) writer.u16(number);
  else writer.u8(number);
}

/** The packet begins so many bytes later. */
function shift(packet: OpenPacket, bytes: number): void {
  packet.headerAt += bytes;
  if (packet.lengthAt >= 0) packet.lengthAt += bytes;
  packet.numberAt += bytes;
  packet.payloadAt += bytes;
  packet.payloadEnd += bytes;
}

function blank(): OpenPacket {
  return {
    level: Level.Initial,
    pathId: 0,
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

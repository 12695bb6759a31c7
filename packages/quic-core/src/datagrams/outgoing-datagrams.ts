import type { ByteWriter } from '@tsquic/bytes';
import type { DatagramOutcome } from '../events.ts';
import { Fact } from '../facts/fact-kind.ts';
import { datagramFrameLength, encodeDatagram, encodeDatagramHeader } from '../frame/datagram.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { DatagramEvent } from './datagram-event.ts';
import { DatagramQueue } from './datagram-queue.ts';
import type { DatagramSettings } from './datagram-settings.ts';
import type { DatagramSource } from './datagram-source.ts';

/** Datagrams to be sent: those that wait in a queue, and those that a source makes. RFC 9221 §5 */
export class OutgoingDatagrams {
  /** Frames that were written. */
  sent = 0;
  /** Datagrams that the program gave and that never left. */
  dropped = 0;
  source: DatagramSource | undefined = undefined;
  readonly queue: DatagramQueue;
  private readonly emit: (event: DatagramEvent) => void;
  /** When the datagram that expires first does so, or one that has left would have, microseconds. */
  expiryUs: number = Infinity;
  /** Whether `send` was refused for lack of room: the program waits for an event that there is room. */
  private wasRefused = false;

  constructor(settings: DatagramSettings, emit: (event: DatagramEvent) => void) {
    this.emit = emit;
    const limits = {
      maxCount: settings.maxOutgoingDatagrams,
      maxBytes: settings.maxOutgoingDatagramBytes,
      drop: settings.outgoingDatagramDrop,
    };
    this.queue = new DatagramQueue(limits, ({ tag }) => this.leaveOut(tag, 'dropped'));
  }

  /** Take a copy of a datagram; false when there is no room and the policy drops the newest. */
  send(data: Uint8Array, tag: number, expiresUs: number, isCopy = false): boolean {
    if (!this.queue.push({ data: data.slice(), tag, expiresUs, isCopy })) {
      this.wasRefused = true;
      return false;
    }
    this.expiryUs = Math.min(this.expiryUs, expiresUs);
    return true;
  }

  get hasFrames(): boolean {
    return this.queue.count > 0 || this.source !== undefined;
  }

  /** Drop the datagrams that have expired: RFC 9221 §5.4 lets a sender do so before they are sent. */
  expire(nowUs: number): void {
    if (nowUs < this.expiryUs) return;
    for (const { tag } of this.queue.takeExpired(nowUs)) this.leaveOut(tag, 'expired');
    this.expiryUs = this.queue.earliestExpiryUs();
    this.tellRoom();
  }

  /**
   * Write as many DATAGRAM frames as fit, those from the queue before those of the source. A datagram for
   * which this packet has too little room waits for the next packet, because a DATAGRAM frame cannot be
   * split. RFC 9221 §5
   *
   * @param maxBytes - most bytes of data that an empty packet has room for.
   */
  write(packet: PacketWriter, maxBytes: number, nowUs: number): void {
    this.expire(nowUs);
    const { queue } = this;
    for (let next = queue.first; next !== undefined; next = queue.first) {
      if (next.data.length > maxBytes) this.leaveOut(queue.shift()!.tag, 'too-large');
      else if (encodeDatagram(packet.frames, next.data)) this.onWritten(packet, queue.shift()!.tag);
      else break;
    }
    this.tellRoom();
    if (queue.count === 0 && maxBytes >= 0) while (this.writeFromSource(packet, maxBytes));
  }

  /** Drop every datagram, and report each as dropped. */
  abandon(): void {
    this.source = undefined;
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift())
      this.leaveOut(next.tag, 'dropped');
    this.tellRoom();
  }

  /** Their path is over: those that wait are handed to `others`, except copies, which are reported as dropped. */
  moveTo(others: OutgoingDatagrams): void {
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      const { data, tag, expiresUs, isCopy } = next;
      if (isCopy === true || !others.send(data, tag, expiresUs)) this.leaveOut(tag, 'dropped');
    }
    others.sent += this.sent;
    others.dropped += this.dropped;
  }

  /** The connection has ended: drop every datagram without a report. */
  onConnectionEnd(): void {
    this.source = undefined;
    while (this.queue.shift() !== undefined);
  }

  /** Ask the source for one datagram, in place; returns whether it may be asked for another. */
  private writeFromSource(packet: PacketWriter, maxBytes: number): boolean {
    const { frames } = packet;
    const { source } = this;
    if (source === undefined || frames.room < LEAST_FRAME) return false;
    const isAlone = packet.isEmpty;
    const dataAt = frames.position + 1;
    const room = frames.buffer.subarray(dataAt, dataAt + Math.min(frames.room - 1, maxBytes));
    const answer = source(room);
    if (answer === undefined || answer.bytes === -1) {
      // A source that `setSource` replaced while it was asked does not put the new one to rest.
      if ((answer === undefined || isAlone) && this.source === source) this.source = undefined;
      return false;
    }
    const { bytes, tag = -1 } = answer;
    if (!(bytes >= 0 && bytes <= room.length))
      throw new RangeError(`a source of datagrams wrote ${bytes} bytes into a room of ${room.length}`);
    place(frames, dataAt, bytes);
    this.onWritten(packet, tag);
    return true;
  }

  private onWritten(packet: PacketWriter, tag: number): void {
    this.sent++;
    // DATAGRAM frames must be acknowledged, and are not repeated. RFC 9221 §5.2
    if (tag >= 0) packet.addFact(Fact.Datagram, tag);
    else packet.markEliciting();
  }

  private leaveOut(tag: number, outcome: DatagramOutcome): void {
    this.dropped++;
    if (tag >= 0) this.emit({ type: 'datagram-outcome', tag, outcome });
  }

  private tellRoom(): void {
    if (!this.wasRefused || !this.queue.hasRoom(1)) return;
    this.wasRefused = false;
    this.emit({ type: 'datagram-writable' });
  }
}

/** Type and length of an empty datagram. */
const LEAST_FRAME = 2;

/**
 * Write the header of a DATAGRAM frame before its `bytes` of data, which lie at `dataAt` and move behind the
 * header.
 */
function place(frames: ByteWriter, dataAt: number, bytes: number): void {
  const header = Math.min(datagramFrameLength(bytes), frames.room) - bytes;
  frames.buffer.copyWithin(frames.position + header, dataAt, dataAt + bytes);
  encodeDatagramHeader(frames, bytes);
  frames.take(bytes);
}

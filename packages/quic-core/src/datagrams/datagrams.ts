import { violation } from '../errors/transport-error.ts';
import { frameName } from '../frame/names.ts';
import { datagramDataRoom } from '../frame/datagram.ts';
import { leastFrameRoom } from '../packet/writer.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { DatagramEvent } from './datagram-event.ts';
import { DatagramQueue } from './datagram-queue.ts';
import type { DatagramSettings } from './datagram-settings.ts';
import type { DatagramSource } from './datagram-source.ts';
import { OutgoingDatagrams } from './outgoing-datagrams.ts';

/** Datagrams of the program, which are sent once and not repeated. RFC 9221 */
export class Datagrams {
  /** Most bytes of a datagram that fits now; -1 where none may be sent. RFC 9221 §3, §5 */
  maxBytes = -1;
  /** Priority of datagrams among the streams, 0 to 255, lower ones first. RFC 9221 §5.1 */
  priority: number;
  /** DATAGRAM frames that came. */
  received = 0;
  /** Datagrams that came and were dropped before the program read them. */
  droppedIncoming = 0;
  private settings: DatagramSettings;
  private readonly emit: (event: DatagramEvent) => void;
  /** The peer's max_datagram_frame_size, 0 until it is known. */
  private peerFrameBytes = 0;
  /** Made by the first call of the program that needs it: most connections send no datagrams. */
  private outgoing: OutgoingDatagrams | undefined = undefined;
  /** Datagrams that are bound to a path, by its ID; undefined while none is. */
  lanes: Map<number, OutgoingDatagrams> | undefined = undefined;
  /** Made by the first datagram that comes. */
  private incoming: DatagramQueue | undefined = undefined;
  /**
   * Whether datagrams came before streams of the same priority the last time that both had something to send.
   */
  private isOurTurn = false;

  constructor(settings: DatagramSettings, emit: (event: DatagramEvent) => void) {
    this.settings = settings;
    this.priority = settings.datagramPriority;
    this.emit = emit;
  }

  /** This end's limit and priority are others, before the peer knows the limit. */
  retune(settings: DatagramSettings): void {
    // A priority that the program has set stays.
    if (this.priority === this.settings.datagramPriority) this.priority = settings.datagramPriority;
    this.settings = settings;
  }

  /** The peer takes DATAGRAM frames up to this size; 0 for none. RFC 9221 §3 */
  onPeerLimit(frameBytes: number): void {
    this.peerFrameBytes = frameBytes;
  }

  /**
   * Take a copy of a datagram to send; false when it is larger than `maxBytes`, and when too many wait and the policy drops
   * the newest.
   *
   * @param tag - names it in `datagram-outcome`; -1 for none.
   * @param pathId - of the path that it is bound to; -1 for any.
   * @param isCopy - whether others get it as well.
   */
  send(data: Uint8Array, tag: number, expiresUs: number, pathId = -1, isCopy = false): boolean {
    if (data.length > this.maxBytes) return false;
    const lane = pathId < 0 ? this.sending : this.lane(pathId);
    return lane.send(data, tag, expiresUs, isCopy);
  }

  private lane(pathId: number): OutgoingDatagrams {
    this.lanes ??= new Map();
    let lane = this.lanes.get(pathId);
    if (lane === undefined) this.lanes.set(pathId, (lane = new OutgoingDatagrams(this.settings, this.emit)));
    return lane;
  }

  /** A path is over: datagrams that wait for it leave on any other. */
  unbind(pathId: number): void {
    const lane = this.lanes?.get(pathId);
    if (lane === undefined) return;
    this.lanes!.delete(pathId);
    lane.moveTo(this.sending);
  }

  setSource(source: DatagramSource | undefined): void {
    if (source !== undefined || this.outgoing !== undefined) this.sending.source = source;
  }

  /** The oldest datagram that came and was not read, or undefined. */
  receive(): Uint8Array | undefined {
    return this.incoming?.shift()?.data;
  }

  /** Whether we have told the peer that we take DATAGRAM frames. */
  get isTaking(): boolean {
    return this.settings.maxDatagramFrameBytes > 0;
  }

  /** A DATAGRAM frame of `frameBytes` came, with `bytes[from, to)`. RFC 9221 §3, §5 */
  onDatagram(type: number, bytes: Uint8Array, from: number, to: number, frameBytes: number): void {
    if (frameBytes > this.settings.maxDatagramFrameBytes)
      violation(type, `${frameName(type)} larger than max_datagram_frame_size`);
    this.received++;
    const queue = this.receiving;
    const wasEmpty = queue.count === 0;
    const isTaken = queue.push({ data: bytes.slice(from, to), tag: -1, expiresUs: Infinity });
    if (!isTaken) this.onDropped();
    else if (wasEmpty) this.emit({ type: 'datagram-readable' });
  }

  /** The peer has a datagram; `wasLost` says that the program was told that it is lost. RFC 9221 §5.2 */
  onAcked(tag: number, wasLost: boolean): void {
    this.emit({ type: 'datagram-outcome', tag, outcome: wasLost ? 'spuriously-lost' : 'acknowledged' });
  }

  onLost(tag: number): void {
    this.emit({ type: 'datagram-outcome', tag, outcome: 'lost' });
  }

  /** Whether there is a DATAGRAM frame for an empty packet. */
  get hasFrames(): boolean {
    const { outgoing } = this;
    return outgoing !== undefined && outgoing.hasFrames && this.maxBytes >= 0;
  }

  /**
   * Whether datagrams come before stream data in the packet that is built. The lower priority value comes
   * first; with equal values they take turns, so that neither starves the other. RFC 9221 §5.1
   */
  takeTurn(streams: { readonly priority: number }): boolean {
    if (!this.hasFrames) return true;
    const { priority } = streams;
    if (priority !== this.priority) return this.priority < priority;
    this.isOurTurn = !this.isOurTurn;
    return this.isOurTurn;
  }

  /** When the next of the waiting datagrams expires, microseconds; Infinity for never. */
  get expiryUs(): number {
    let expiryUs = this.outgoing?.expiryUs ?? Infinity;
    if (this.lanes !== undefined)
      for (const lane of this.lanes.values()) expiryUs = Math.min(expiryUs, lane.expiryUs);
    return expiryUs;
  }

  write(packet: PacketWriter, nowUs: number): void {
    this.outgoing?.write(packet, this.maxBytes, nowUs);
  }

  /**
   * Update the largest size of a datagram that fits, and drop those that have expired.
   *
   * @param datagramBytes - largest UDP payload on the path in use.
   * @param idLength - length of the peer's connection ID that packets go to.
   */
  settle(datagramBytes: number, idLength: number, nowUs: number): void {
    this.outgoing?.expire(nowUs);
    if (this.lanes !== undefined) for (const lane of this.lanes.values()) lane.expire(nowUs);
    if (this.peerFrameBytes === 0 && this.maxBytes === -1) return;
    const inPacket = leastFrameRoom(datagramBytes, idLength) - 1;
    const maxBytes =
      this.peerFrameBytes === 0 ? -1 : Math.min(datagramDataRoom(this.peerFrameBytes), inPacket);
    if (maxBytes === this.maxBytes) return;
    this.maxBytes = maxBytes;
    this.emit({ type: 'datagram-size', maxBytes });
  }

  /**
   * The waiting datagrams are for a protocol that was not negotiated: they are dropped, and a source is not
   * asked any more.
   */
  abandon(): void {
    this.outgoing?.abandon();
  }

  /** The connection has ended: nothing is sent any more, and what came can still be read. */
  onConnectionEnd(): void {
    this.outgoing?.onConnectionEnd();
    for (const lane of this.lanes?.values() ?? []) lane.onConnectionEnd();
  }

  /** Counters of what was sent and what waits, for statistics. */
  get statistics(): DatagramCounts {
    const { incoming } = this;
    const all = [...(this.lanes?.values() ?? [])];
    if (this.outgoing !== undefined) all.push(this.outgoing);
    const total = (valueOf: (one: OutgoingDatagrams) => number): number =>
      all.reduce((sum, one) => sum + valueOf(one), 0);
    return {
      sent: total(({ sent }) => sent),
      droppedOutgoing: total(({ dropped }) => dropped),
      waitingOutgoing: total(({ queue }) => queue.count),
      waitingOutgoingBytes: total(({ queue }) => queue.bytes),
      received: this.received,
      droppedIncoming: this.droppedIncoming,
      waitingIncoming: incoming?.count ?? 0,
      waitingIncomingBytes: incoming?.bytes ?? 0,
    };
  }

  private get sending(): OutgoingDatagrams {
    this.outgoing ??= new OutgoingDatagrams(this.settings, this.emit);
    return this.outgoing;
  }

  private get receiving(): DatagramQueue {
    const { settings } = this;
    this.incoming ??= new DatagramQueue(
      {
        maxCount: settings.maxIncomingDatagrams,
        maxBytes: settings.maxIncomingDatagramBytes,
        drop: settings.incomingDatagramDrop,
      },
      () => this.onDropped(),
    );
    return this.incoming;
  }

  private onDropped(): void {
    this.droppedIncoming++;
    this.emit({ type: 'datagrams-dropped', total: this.droppedIncoming });
  }
}

/** Datagrams of a connection, by what became of them. */
export interface DatagramCounts {
  /** DATAGRAM frames that left. */
  readonly sent: number;
  /** Datagrams to send that never left: too many waited, their time was over, or they became too large for the path. */
  readonly droppedOutgoing: number;
  readonly waitingOutgoing: number;
  readonly waitingOutgoingBytes: number;
  /** DATAGRAM frames that came. */
  readonly received: number;
  /** Datagrams that came and were dropped, because the program did not read. RFC 9221 §5.3 */
  readonly droppedIncoming: number;
  readonly waitingIncoming: number;
  readonly waitingIncomingBytes: number;
}

import type { ConnectionFlow } from '../flow/connection-flow.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { ControlQueue } from './control-queue.ts';
import { ReceiveSide } from './receive-side.ts';
import { SendMemory, SendPool } from './send-memory.ts';
import { SendSide } from './send-side.ts';
import type { Stream } from './stream.ts';
import type { StreamEvent } from './stream-event.ts';
import type { PeerStreamLimits, StreamSettings } from './stream-limits.ts';
import { StreamTable } from './stream-table.ts';

/** Free credit, however little, is announced within this time, microseconds: more may be free by then. */
const CREDIT_DELAY_US = 1_000_000;
/**
 * On paths with a short round trip, MAX_STREAM_DATA and MAX_DATA frames with little credit are this far
 * apart, microseconds.
 */
const MIN_CREDIT_DELAY_US = 25_000;

/** The streams of a connection: which exist, what they send, what they receive. RFC 9000 §2, §3, §4 */
export class Streams {
  readonly table: StreamTable;
  readonly sending: SendSide;
  readonly receiving: ReceiveSide;
  private readonly flow: ConnectionFlow;
  private readonly control = new ControlQueue();
  /** Streams opened for 0-RTT that the peer has rejected and does not allow yet. */
  private readonly parked: Stream[] = [];

  /** @param flow - the limits that all streams share. */
  constructor(
    isServer: boolean,
    settings: StreamSettings,
    flow: ConnectionFlow,
    emit: (event: StreamEvent) => void,
    pool: SendPool = new SendPool(Infinity),
  ) {
    const memory = new SendMemory(settings.maxSendBufferBytes ?? Infinity, pool);
    this.flow = flow;
    this.table = new StreamTable(isServer, settings, memory, emit);
    this.sending = new SendSide(flow, this.table, this.control, memory, emit);
    this.receiving = new ReceiveSide(flow, this.table, this.control, emit, settings.reliableReset ?? false);
  }

  /** Whether a packet with room would get a frame. */
  get hasFrames(): boolean {
    const { table, control } = this;
    return (
      this.sending.turns.hasFrames ||
      control.hasFrames ||
      table.bidirectional.hasFrames ||
      table.unidirectional.hasFrames
    );
  }

  /**
   * Write MAX_STREAMS and STREAMS_BLOCKED, then RESET_STREAM, STOP_SENDING and MAX_STREAM_DATA of single
   * streams.
   */
  writeControl(packet: PacketWriter, nowUs: number, rttUs: number): void {
    const { bidirectional, unidirectional } = this.table;
    if (bidirectional.hasFrames) bidirectional.write(packet);
    if (unidirectional.hasFrames) unidirectional.write(packet);
    this.control.write(packet, nowUs, rttUs);
  }

  /** Write STREAM frames until the packet is full. */
  writeData(packet: PacketWriter): void {
    this.sending.turns.write(packet);
  }

  /** Credit must be announced. */
  get owesCredit(): boolean {
    const { bidirectional, unidirectional } = this.table;
    return (
      this.flow.hasFrames || this.control.hasFrames || bidirectional.hasFrames || unidirectional.hasFrames
    );
  }

  /**
   * How long free credit that is too little for a frame of its own may wait for more, microseconds; Infinity
   * where there is none. Credit for bytes is announced once a round trip, because a peer that waits for it
   * sends no more often.
   */
  creditDelayUs(rttUs: number): number {
    if (this.flow.owesLittle || this.receiving.owesLittle)
      return Math.min(Math.max(rttUs, MIN_CREDIT_DELAY_US), CREDIT_DELAY_US);
    const { bidirectional, unidirectional } = this.table;
    return bidirectional.hasFree || unidirectional.hasFree ? CREDIT_DELAY_US : Infinity;
  }

  /** The delay is over: announce all free credit. RFC 9000 §4.2, §4.6 */
  announceCredit(): void {
    this.table.bidirectional.announceFree();
    this.table.unidirectional.announceFree();
    this.receiving.announceLittle();
    this.flow.announceLittle();
  }

  /**
   * The peer's transport parameters set limits besides those of frames; the limits of open streams are raised
   * to them. RFC 9000 §7.4.1
   */
  onPeerLimits(peer: PeerStreamLimits): void {
    this.flow.onMaxData(peer.initialMaxData);
    this.table.onPeerLimits(peer);
    for (const stream of this.table.all()) this.sending.onInitialLimit(stream);
  }

  /**
   * The peer has rejected 0-RTT: it has read no stream data, and its new limits hold from the start. All data
   * is sent again, on the same streams. RFC 9001 §4.6.2
   */
  onRejection(peer: PeerStreamLimits): void {
    this.flow.sending.restart(peer.initialMaxData);
    this.table.onRejection(peer);
    for (const stream of this.table.all()) {
      this.sending.restart(stream);
      if (stream.parked) this.parked.push(stream);
    }
  }

  /** MAX_STREAMS came: streams that were above the peer's limit may be sent now. */
  onMoreStreams(): void {
    if (this.parked.length === 0) return;
    for (const stream of this.parked.splice(0)) {
      stream.parked = !this.table.isAllowed(stream);
      if (stream.parked) this.parked.push(stream);
      else this.sending.resume(stream);
    }
  }

  /**
   * Rejected 0-RTT data is not sent again where it was meant for another application protocol: its streams
   * end. RFC 9001 §4.6.2
   */
  abandon(): void {
    this.parked.length = 0;
    for (const stream of this.table.all()) this.sending.abandon(stream);
    this.table.abandon();
    this.flow.sending.used = 0;
  }

  /** Whether flow control holds back data. */
  get isBlocked(): boolean {
    return this.sending.isBlocked;
  }

  /** No packet left for a while: repeat the frames that say what flow control holds back. RFC 9000 §4.1 */
  onQuiet(): void {
    this.sending.onQuiet();
  }

  /** The connection is quiet: streams give back empty buffers. */
  rest(): void {
    this.table.rest();
  }

  /** The connection has ended: what came can still be read, and nothing else is kept. */
  onConnectionEnd(): void {
    this.table.onConnectionEnd();
  }
}

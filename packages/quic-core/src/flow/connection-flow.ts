import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { Fact } from '../facts/fact-kind.ts';
import { encodeLimit } from '../frame/flow.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { ReceiveWindow } from './receive-window.ts';
import { SendLimit } from './send-limit.ts';

/** Flow control of the connection: how many bytes all streams together may carry, each way. RFC 9000 §4.1 */
export class ConnectionFlow {
  /** The peer's limit for this end. */
  readonly sending: SendLimit = new SendLimit(0);
  /** The window of this end for the peer. */
  readonly receiving: ReceiveWindow;
  private owesMaxData = false;

  constructor(windowBytes: number, maxWindowBytes: number) {
    this.receiving = new ReceiveWindow(windowBytes, maxWindowBytes);
  }

  /**
   * Whether MAX_DATA must be sent. DATA_BLOCKED does not count, because it is written when stream data is
   * held back.
   */
  get hasFrames(): boolean {
    return this.owesMaxData;
  }

  /** Write MAX_DATA if it is due and fits. */
  write(packet: PacketWriter, nowUs: number, rttUs: number): void {
    if (!this.owesMaxData) return;
    const limit = this.receiving.advance(nowUs, rttUs);
    if (!encodeLimit(packet.frames, FrameType.MaxData, limit)) return;
    this.owesMaxData = false;
    packet.addFact(Fact.MaxData);
  }

  onMaxDataLost(): void {
    this.owesMaxData = true;
  }

  /** Write DATA_BLOCKED, once for each limit; false when it does not fit. RFC 9000 §4.1 */
  writeBlocked(packet: PacketWriter): boolean {
    const { sending } = this;
    // One frame for each limit. RFC 9000 §4.1, §19.12
    if (sending.isBlockedSaid) return true;
    if (!encodeLimit(packet.frames, FrameType.DataBlocked, sending.limit)) return false;
    sending.onBlockedSaid();
    packet.addFact(Fact.DataBlocked, sending.limit);
    return true;
  }

  /** DATA_BLOCKED was lost: it is sent again if it was the latest and is still true. RFC 9000 §13.3 */
  onBlockedLost(limit: number): void {
    this.sending.onBlockedLost(limit);
  }

  /** MAX_DATA came. */
  onMaxData(limit: number): void {
    this.sending.raise(limit);
  }

  /**
   * DATA_BLOCKED came: announce all free credit, however little, because the peer cannot send more with what
   * it has. RFC 9000 §4.1
   */
  onDataBlocked(): void {
    if (this.receiving.freeBytes > 0) this.owesMaxData = true;
  }

  /** The data of streams grew by `bytes`. Throws FLOW_CONTROL_ERROR beyond the limit. RFC 9000 §4.1 */
  onReceived(bytes: number, frameType: number): void {
    const { receiving } = this;
    receiving.used += bytes;
    if (receiving.used > receiving.limit)
      throw new TransportError(TransportCode.FlowControl, frameType, 'connection beyond its limit');
    this.lookAtWindow();
  }

  /** The application has read bytes, or they were dropped. */
  onConsumed(bytes: number): void {
    this.receiving.consumed += bytes;
    this.lookAtWindow();
  }

  /**
   * The program grants the peer this many bytes, on all streams together, beyond those that were consumed.
   */
  grant(bytes: number): void {
    this.receiving.grant(bytes);
    if (this.receiving.freeBytes > 0) this.owesMaxData = true;
  }

  /** Set whether credit follows only the program's grants, or what the application consumes. */
  setManual(isManual: boolean): void {
    this.receiving.setManual(isManual);
    this.lookAtWindow();
  }

  /**
   * The application waits for data of one stream: unread data of other streams must not use up all credit.
   * RFC 9000 §4.2
   */
  onAwaited(): void {
    this.receiving.widen();
    this.lookAtWindow();
    this.announceLittle();
  }

  /** Whether there is free credit that the peer may wait for, but too little for a frame of its own. */
  get owesLittle(): boolean {
    return !this.owesMaxData && this.receiving.owesLittle;
  }

  /** Announce such credit: no more was added to it for a while, or a program waits for data. */
  announceLittle(): void {
    if (this.receiving.owesLittle) this.owesMaxData = true;
  }

  private lookAtWindow(): void {
    if (this.receiving.needsUpdate) this.owesMaxData = true;
  }
}

import type { Capsule } from '@tsquic/http3';
import type { QuicStream, StreamPriority } from '@tsquic/quic-core';
import type { InitialLimits } from '../dialect/dialect.ts';
import { CapsuleType, decodeLimit, isAboveMostStreams } from './capsules.ts';
import { DataStream, type DataStreamHandlers, type StreamOwner } from './data-stream.ts';
import { WebTransportCode } from './error-code.ts';
import type { LimitType } from './outgoing-capsules.ts';
import { OwnLimit } from './own-limit.ts';
import { PeerLimits } from './peer-limits.ts';
import type { SessionEnd } from './session-end.ts';
import { malformed, SessionError } from './session-error.ts';
import type { SessionHost } from './session-host.ts';
import { encodeStreamHeader } from './stream-header.ts';

/** What the streams of a session need of it. */
export interface SessionStreamsOwner {
  readonly host: SessionHost;
  /** The session ID, and whether the session is established. */
  state(): { readonly id: number; readonly isOpen: boolean };
  /** The peer opened a stream; returns who is told of it. */
  onStream(stream: DataStream): DataStreamHandlers | undefined;
  onStreamsAvailable(unidirectional: boolean): void;
  /** A capsule of flow control is due. */
  sendLimit(type: LimitType, limit: number): void;
  /** The peer broke a limit. */
  fail(error: SessionError): void;
}

/** The streams of a session, and the limits on them both ways. draft-ietf-webtrans-http3 §4, §5 */
export class SessionStreams implements StreamOwner {
  private readonly owner: SessionStreamsOwner;
  private readonly hasFlowControl: boolean;
  private readonly peer: PeerLimits;
  private readonly data: OwnLimit;
  private readonly uni: OwnLimit;
  private readonly bidi: OwnLimit;
  private readonly streams = new Set<DataStream>();
  /** Streams that wait for credit of the session. */
  private readonly blocked = new Set<DataStream>();
  private readonly wanted = { uni: false, bidi: false };

  /** @param ownLimits - those of both sides are Infinity where flow control is off. */
  constructor(owner: SessionStreamsOwner, ownLimits: InitialLimits, peerLimits: InitialLimits) {
    this.owner = owner;
    this.hasFlowControl = ownLimits.data !== Infinity;
    this.peer = new PeerLimits(peerLimits);
    this.data = new OwnLimit(ownLimits.data);
    this.uni = new OwnLimit(ownLimits.uni);
    this.bidi = new OwnLimit(ownLimits.bidi);
  }

  /** Streams of both sides that are open. */
  get size(): number {
    return this.streams.size;
  }

  all(): DataStream[] {
    return [...this.streams];
  }

  /** Open a stream; undefined while the session or the transport allows none. */
  open(
    unidirectional: boolean,
    handlers: DataStreamHandlers,
    priority: StreamPriority | undefined,
  ): DataStream | undefined {
    const { owner, peer } = this;
    const kind = unidirectional ? 'uni' : 'bidi';
    if (!peer.mayOpen(unidirectional)) {
      this.wanted[kind] = true;
      const type = unidirectional ? CapsuleType.StreamsBlockedUni : CapsuleType.StreamsBlockedBidi;
      owner.sendLimit(type, peer.streams(unidirectional));
      return undefined;
    }
    const stream = owner.host.openStream(unidirectional, {});
    this.wanted[kind] ||= stream === undefined;
    if (stream === undefined) return undefined;
    if (priority !== undefined) stream.setPriority(priority);
    peer.onOpened(unidirectional);
    const data = new DataStream(stream, this, encodeStreamHeader(unidirectional, owner.state().id), 0);
    data.handlers = handlers;
    this.streams.add(data);
    owner.host.follow(stream, data);
    return data;
  }

  /** Take a stream that the peer opened, of which `headerBytes` were read; nothing more is heard of one that is released. */
  adopt(stream: QuicStream, headerBytes: number, isReleased: boolean): DataStream {
    const { owner } = this;
    const data = new DataStream(stream, this, NOTHING, headerBytes);
    this.streams.add(data);
    if (!isReleased) owner.host.follow(stream, data);
    if (!(data.unidirectional ? this.uni : this.bidi).use(1)) {
      owner.fail(flowControl('more streams are opened than are allowed'));
      return data;
    }
    this.announce();
    data.handlers = owner.onStream(data) ?? {};
    if (stream.readableBytes > 0 || stream.finished) data.onReadable();
    return data;
  }

  /** The session is over. */
  end(end: SessionEnd): void {
    this.blocked.clear();
    for (const stream of this.all()) stream.end(end);
  }

  /** The transport, or the session, allows streams again. */
  onAllowed(unidirectional: boolean): void {
    const kind = unidirectional ? 'uni' : 'bidi';
    if (!this.owner.state().isOpen || !this.wanted[kind] || !this.peer.mayOpen(unidirectional)) return;
    this.wanted[kind] = false;
    this.owner.onStreamsAvailable(unidirectional);
  }

  /** A capsule of flow control came. Throws a `SessionError` for one that breaks a rule. draft-ietf-webtrans-http3 §5.6 */
  onCapsule({ type, value }: Capsule): void {
    // Without flow control they are ignored: the peer may not have had our SETTINGS. draft-ietf-webtrans-http3 §5.1
    if (!this.hasFlowControl) return;
    const limit = decodeLimit(value);
    if (limit === undefined) throw malformed('a capsule of flow control is not one integer');
    const isData = type === CapsuleType.MaxData || type === CapsuleType.DataBlocked;
    if (!isData && isAboveMostStreams(value)) throw flowControl('a limit is above 2^60 streams');
    if (type === CapsuleType.MaxData) this.onMaxData(limit);
    else if (type === CapsuleType.MaxStreamsBidi) this.onMaxStreams(false, limit);
    else if (type === CapsuleType.MaxStreamsUni) this.onMaxStreams(true, limit);
    else this.onPeerBlocked();
  }

  // What the streams tell

  get sendRoom(): number {
    return this.peer.dataLeft;
  }

  onSent(bytes: number): void {
    this.peer.onSent(bytes);
  }

  onUnsent(bytes: number): void {
    this.peer.onUnsent(bytes);
    if (bytes > 0) this.tellCredit();
  }

  onBlocked(stream: DataStream): void {
    this.blocked.add(stream);
    this.owner.sendLimit(CapsuleType.DataBlocked, this.peer.data);
  }

  onReceived(bytes: number): void {
    if (this.data.use(bytes)) this.announce();
    else this.owner.fail(flowControl('more data comes than is allowed'));
  }

  onReleasedBytes(bytes: number): void {
    this.data.release(bytes);
    this.announce();
  }

  onStreamOver(stream: DataStream): void {
    if (!this.streams.delete(stream)) return;
    this.blocked.delete(stream);
    if (!stream.isLocal) (stream.unidirectional ? this.uni : this.bidi).release(1);
    this.announce();
  }

  private onMaxData(limit: number): void {
    if (!this.peer.raiseData(limit)) throw flowControl('WT_MAX_DATA does not raise the limit');
    this.tellCredit();
  }

  private onMaxStreams(unidirectional: boolean, limit: number): void {
    if (!this.peer.raiseStreams(unidirectional, limit))
      throw flowControl('WT_MAX_STREAMS does not raise the limit');
    this.onAllowed(unidirectional);
  }

  /** Bytes that came where nobody reads are let go of. */
  private onPeerBlocked(): void {
    for (const stream of this.all()) stream.releaseUnread();
    this.announce();
  }

  private tellCredit(): void {
    const waiting = [...this.blocked];
    this.blocked.clear();
    for (const stream of waiting) stream.onCredit();
  }

  /** Tell the peer of limits that have grown. */
  private announce(): void {
    if (!this.owner.state().isOpen) return;
    const increases = [
      [CapsuleType.MaxData, this.data.takeIncrease()],
      [CapsuleType.MaxStreamsUni, this.uni.takeIncrease()],
      [CapsuleType.MaxStreamsBidi, this.bidi.takeIncrease()],
    ] as const;
    for (const [type, limit] of increases) if (limit >= 0) this.owner.sendLimit(type, limit);
  }
}

const NOTHING = new Uint8Array(0);

function flowControl(message: string): SessionError {
  return new SessionError(WebTransportCode.FlowControlError, message);
}

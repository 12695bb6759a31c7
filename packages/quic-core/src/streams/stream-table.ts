import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { ReceiveWindow } from '../flow/receive-window.ts';
import { DEFAULT_PRIORITY } from './priority.ts';
import { IdleRings } from './idle-rings.ts';
import { ReceiveStream } from './receive-stream.ts';
import type { SendMemory } from './send-memory.ts';
import { SendStream } from './send-stream.ts';
import { Stream } from './stream.ts';
import { StreamCounts } from './stream-counts.ts';
import type { StreamEvent } from './stream-event.ts';
import { isServerInitiated, isUnidirectional, streamIdOf, streamIndex } from './stream-id.ts';
import type { PeerStreamLimits, StreamSettings } from './stream-limits.ts';

/** The streams that exist: which end may open how many, and when each is forgotten. RFC 9000 §2.1, §3 */
export class StreamTable {
  readonly bidirectional: StreamCounts;
  readonly unidirectional: StreamCounts;
  private readonly streams = new Map<number, Stream>();
  private readonly isServer: boolean;
  private settings: StreamSettings;
  private readonly memory: SendMemory;
  private readonly emit: (event: StreamEvent) => void;
  private readonly idleRings = new IdleRings();
  private peer: PeerDataLimits | undefined;
  /** Whether the frames that are being read came in a 0-RTT packet. */
  isEarly = false;

  /** @param memory - holds what streams have to send. */
  constructor(
    isServer: boolean,
    settings: StreamSettings,
    memory: SendMemory,
    emit: (event: StreamEvent) => void,
  ) {
    this.isServer = isServer;
    this.settings = settings;
    this.memory = memory;
    this.emit = emit;
    this.bidirectional = new StreamCounts(false, settings.maxBidirectionalStreams, emit);
    this.unidirectional = new StreamCounts(true, settings.maxUnidirectionalStreams, emit);
  }

  /** This end's limits are others, before the peer knows them. */
  retune(settings: StreamSettings): void {
    this.settings = settings;
    this.bidirectional.resize(settings.maxBidirectionalStreams);
    this.unidirectional.resize(settings.maxUnidirectionalStreams);
  }

  /** The peer understands RESET_STREAM_AT. */
  get peerTakesResetAt(): boolean {
    return this.peer?.resetStreamAt === true;
  }

  /** The peer's transport parameters are known: streams may be opened. */
  onPeerLimits(peer: PeerStreamLimits): void {
    this.peer = dataLimitsOf(peer);
    this.bidirectional.onMaxStreams(peer.initialMaxStreamsBidi);
    this.unidirectional.onMaxStreams(peer.initialMaxStreamsUni);
  }

  /**
   * The peer rejected 0-RTT: its new limits replace the remembered ones under which streams were opened.
   * RFC 9001 §4.6.2
   */
  onRejection(peer: PeerStreamLimits): void {
    this.peer = dataLimitsOf(peer);
    this.bidirectional.onRejection(peer.initialMaxStreamsBidi);
    this.unidirectional.onRejection(peer.initialMaxStreamsUni);
    for (const stream of this.streams.values()) stream.parked = !this.isAllowed(stream);
  }

  /** Whether the peer's limit on the number of streams allows frames for this stream of ours. */
  isAllowed({ id }: Stream): boolean {
    return streamIndex(id) < this.counts(isUnidirectional(id)).local.limit;
  }

  /**
   * Forget every stream that we opened: the peer has seen none of them, and their stream IDs are used again.
   */
  abandon(): void {
    for (const stream of [...this.streams.values()]) {
      if (!this.isLocal(stream.id)) continue;
      this.streams.delete(stream.id);
      this.emit({ type: 'stream-released', streamId: stream.id });
    }
    this.bidirectional.local.used = this.unidirectional.local.used = 0;
  }

  counts(unidirectional: boolean): StreamCounts {
    return unidirectional ? this.unidirectional : this.bidirectional;
  }

  /** Open a stream, or undefined while the peer allows no more. */
  open(unidirectional: boolean): Stream | undefined {
    const index = this.counts(unidirectional).takeNext();
    return index < 0 ? undefined : this.create(streamIdOf(index, this.isServer, unidirectional));
  }

  find(id: number): Stream | undefined {
    return this.streams.get(id);
  }

  all(): IterableIterator<Stream> {
    return this.streams.values();
  }

  /**
   * The stream that a frame for its receiving part names; undefined when the stream is forgotten. Throws when
   * the stream cannot exist.
   */
  receiving(id: number, frameType: number): Stream | undefined {
    const local = this.isLocal(id);
    if (local && isUnidirectional(id)) stateError(frameType, `stream ${id} only sends`);
    return this.existing(id, local, frameType);
  }

  /**
   * The stream that a frame for its sending part names; undefined when the stream is forgotten. Throws when
   * the stream cannot exist.
   */
  sending(id: number, frameType: number): Stream | undefined {
    const local = this.isLocal(id);
    // RFC 9000 §19.5, §19.10
    if (!local && isUnidirectional(id)) stateError(frameType, `stream ${id} only receives`);
    return this.existing(id, local, frameType);
  }

  /** Forget the stream once both of its parts are over. */
  forgetIfFinished(stream: Stream): void {
    if (stream.finished && this.streams.delete(stream.id))
      this.emit({ type: 'stream-released', streamId: stream.id });
  }

  /**
   * The program has taken the `stream-released` event of a stream. Only then may the peer open another in its place: what
   * events wait is bounded by the number of streams. Returns whether it was a stream of the peer. RFC 9000 §4.6
   */
  onReleaseTold(id: number): boolean {
    if (this.isLocal(id)) return false;
    this.counts(isUnidirectional(id)).onRemoteClosed();
    return true;
  }

  /** The connection is quiet: streams give back empty buffers. */
  rest(): void {
    for (const { sender, receiver } of this.streams.values()) {
      sender?.rest();
      receiver?.rest();
    }
    this.idleRings.release();
  }

  /** The connection has ended: what came can still be read, and nothing else is kept. */
  onConnectionEnd(): void {
    for (const { sender, receiver } of this.streams.values()) {
      sender?.onConnectionEnd();
      receiver?.onConnectionEnd();
    }
    this.idleRings.release();
  }

  private isLocal(id: number): boolean {
    return isServerInitiated(id) === this.isServer;
  }

  private existing(id: number, local: boolean, frameType: number): Stream | undefined {
    const known = this.streams.get(id);
    if (known !== undefined) return known;
    const unidirectional = isUnidirectional(id);
    const counts = this.counts(unidirectional);
    const index = streamIndex(id);
    if (local) {
      // RFC 9000 §19.5, §19.8, §19.10, §19.13
      if (!counts.isOpened(index)) stateError(frameType, `stream ${id} was never opened`);
      return undefined;
    }
    counts.admit(index, frameType);
    // A stream opens all lower ones of its kind. RFC 9000 §3.2
    for (let next = counts.takeRemote(index); next >= 0; next = counts.takeRemote(index)) {
      const opened = streamIdOf(next, !this.isServer, unidirectional);
      this.create(opened);
      this.emit({ type: 'stream-opened', streamId: opened, ...(this.isEarly && { early: true }) });
    }
    return this.streams.get(id);
  }

  /** What the peer's transport parameters allow us to send on a stream. RFC 9000 §18.2 */
  initialLimit(id: number): number {
    const peer = this.peer!;
    if (isUnidirectional(id)) return peer.initialMaxStreamDataUni;
    return this.isLocal(id) ? peer.initialMaxStreamDataBidiRemote : peer.initialMaxStreamDataBidiLocal;
  }

  private create(id: number): Stream {
    const { settings } = this;
    const local = this.isLocal(id);
    const oneWay = isUnidirectional(id);
    const limit = this.initialLimit(id);
    const sender = oneWay && !local ? undefined : new SendStream(id, limit, this.memory, this.idleRings);
    const window = new ReceiveWindow(settings.streamWindowBytes, settings.maxStreamWindowBytes);
    const receiver = oneWay && local ? undefined : new ReceiveStream(id, window, this.idleRings);
    const stream = new Stream(id, sender, receiver, settings.defaultStreamPriority ?? DEFAULT_PRIORITY);
    this.streams.set(id, stream);
    return stream;
  }
}

/** The limits of the peer that later streams need. */
type PeerDataLimits = Omit<
  PeerStreamLimits,
  'initialMaxData' | 'initialMaxStreamsBidi' | 'initialMaxStreamsUni'
>;

/** A copy, because the transport parameters that these are part of take several times the memory. */
function dataLimitsOf(peer: PeerStreamLimits): PeerDataLimits {
  return {
    initialMaxStreamDataBidiLocal: peer.initialMaxStreamDataBidiLocal,
    initialMaxStreamDataBidiRemote: peer.initialMaxStreamDataBidiRemote,
    initialMaxStreamDataUni: peer.initialMaxStreamDataUni,
    resetStreamAt: peer.resetStreamAt === true,
  };
}

function stateError(frameType: number, reason: string): never {
  throw new TransportError(TransportCode.StreamState, frameType, reason);
}

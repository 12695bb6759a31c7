import { QuicUsageError } from '../errors/usage-error.ts';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { ReceiveWindow } from '../flow/receive-window.ts';
import { SendLimit } from '../flow/send-limit.ts';
import { FrameType } from '../frame/rules.ts';
import type { StreamFrame } from '../frame/stream.ts';
import type { StreamControlFrame } from '../frame/stream-control.ts';
import { MAX_STREAM_COUNT } from '../frame/flow.ts';
import { Fact } from '../recovery/fact-kind.ts';
import { IdleRings } from './idle-rings.ts';
import { ReceiveStream } from './receive-stream.ts';
import { Scheduler } from './scheduler.ts';
import { RoomQueue } from './room-queue.ts';
import { SendMemory, SendPool } from './send-memory.ts';
import { SendStream } from './send-stream.ts';
import type { StreamSource } from './source.ts';
import { Stream } from './stream.ts';
import { StreamCounts } from './stream-counts.ts';
import type { StreamEvent } from './stream-event.ts';
import { isServerInitiated, isUnidirectional, streamIdOf, streamIndex } from './stream-id.ts';
import type { PeerStreamLimits, StreamSettings } from './stream-limits.ts';
import { ReceiveState } from './states.ts';

/** Gaps that all streams of a connection together may leave, at least; and the bytes of its window that make it one more. */
const MIN_GAPS = 4096;
const BYTES_PER_GAP = 128;

/** The streams of a connection, and the flow control around them. RFC 9000 §2, §3, §4 */
export class Streams {
  /** What the peer lets the connection send. */
  readonly sendLimit: SendLimit = new SendLimit(0);
  /** What we let the peer send. */
  readonly receiveWindow: ReceiveWindow;
  readonly bidirectional: StreamCounts;
  readonly unidirectional: StreamCounts;
  readonly scheduler: Scheduler = new Scheduler();
  /** Streams with control frames to send. */
  readonly control: Stream[] = [];
  /** MAX_DATA must be sent. */
  maxDataPending = false;
  /** Nothing in the scheduler can leave before MAX_DATA. */
  waitsForMaxData = false;
  /** What is held of what the application wrote. */
  readonly memory: SendMemory;
  readonly room: RoomQueue = new RoomQueue();
  private readonly table = new Map<number, Stream>();
  private readonly isServer: boolean;
  private readonly settings: StreamSettings;
  private readonly emit: (event: StreamEvent) => void;
  private peer: PeerStreamLimits | undefined;
  /** How many streams are `blocked`. */
  private blockedCount = 0;
  /** Pieces that wait for a gap to fill, on all streams. */
  private gapCount = 0;
  private readonly idleRings = new IdleRings();
  private readonly tellWritable = ({ id }: Stream): void =>
    this.emit({ type: 'stream-writable', streamId: id });

  constructor(
    isServer: boolean,
    settings: StreamSettings,
    emit: (event: StreamEvent) => void,
    pool: SendPool = new SendPool(Infinity),
  ) {
    this.memory = new SendMemory(settings.maxSendBufferBytes ?? Infinity, pool);
    this.isServer = isServer;
    this.settings = settings;
    this.emit = emit;
    this.receiveWindow = new ReceiveWindow(settings.connectionWindowBytes, settings.maxConnectionWindowBytes);
    this.bidirectional = new StreamCounts(settings.maxBidirectionalStreams);
    this.unidirectional = new StreamCounts(settings.maxUnidirectionalStreams);
  }

  /** The peer's transport parameters are known. */
  onPeerLimits(peer: PeerStreamLimits): void {
    this.peer = peer;
    this.sendLimit.raise(peer.initialMaxData);
    this.onMaxStreams(peer.initialMaxStreamsBidi, false);
    this.onMaxStreams(peer.initialMaxStreamsUni, true);
  }

  // From the application

  /** Open a stream, or undefined while the peer allows no more. */
  open(unidirectional: boolean): Stream | undefined {
    const counts = this.counts(unidirectional);
    if (counts.local.left <= 0 || this.peer === undefined) {
      counts.wantsMore = true;
      return undefined;
    }
    const id = streamIdOf(counts.local.used++, this.isServer, unidirectional);
    return this.create(id);
  }

  find(id: number): Stream | undefined {
    return this.table.get(id);
  }

  write(stream: Stream, data: Uint8Array, fin: boolean): number {
    const { sender } = stream;
    if (!this.takesData(stream)) return 0;
    if (sender!.asking)
      throw new QuicUsageError('re-entrant', `the source of stream ${stream.id} writes to it`);
    const taken = sender!.write(data, fin, this.sendLimit.left);
    if (sender!.wantsWritable) this.room.add(stream);
    this.schedule(stream);
    return taken;
  }

  setSource(stream: Stream, source: StreamSource | undefined): void {
    // Whether a source has told its end already is up to the network.
    if (source === undefined && stream.sender?.mayWrite !== true) return;
    if (!this.takesData(stream)) return;
    stream.sender!.setSource(source);
    this.unblock(stream);
    this.schedule(stream);
  }

  read(stream: Stream, into: Uint8Array): number {
    const { receiver } = stream;
    if (receiver === undefined) throw new QuicUsageError('not-readable', `stream ${stream.id} only sends`);
    const length = receiver.read(into);
    this.release(length, receiver.isAwaited);
    this.queueControl(stream);
    this.forgetIfFinished(stream);
    return length;
  }

  reset(stream: Stream, code: number): void {
    const { sender } = stream;
    if (sender === undefined || !sender.mayBeStopped) return;
    sender.reset(code);
    sender.endedHere = true;
    this.unblock(stream);
    this.queueControl(stream);
  }

  stop(stream: Stream, code: number): void {
    const { receiver } = stream;
    if (receiver === undefined) throw new QuicUsageError('not-readable', `stream ${stream.id} only sends`);
    if (receiver.isStopped) return;
    receiver.stop(code);
    this.giveUp(receiver);
    this.queueControl(stream);
    this.forgetIfFinished(stream);
  }

  /** The application has read so much that the peer should hear of it. */
  get hasCredit(): boolean {
    return (
      this.maxDataPending ||
      this.control.length > 0 ||
      this.bidirectional.pending ||
      this.unidirectional.pending ||
      this.hasFreeStreams
    );
  }

  /** Streams could be allowed that the peer has not heard of, and may not hear of soon. */
  get hasFreeStreams(): boolean {
    return this.bidirectional.hasFree || this.unidirectional.hasFree;
  }

  /** Tell the peer of every stream that it may open. */
  announceFreeStreams(): void {
    this.bidirectional.announceFree();
    this.unidirectional.announceFree();
  }

  // From the network

  onStream(frame: StreamFrame, bytes: Uint8Array): void {
    const type = FrameType.Stream;
    const receiver = this.receiving(frame.streamId, type);
    if (receiver === undefined) return;
    const gapsBefore = receiver.gapCount;
    const grown = receiver.onData(frame.offset, bytes, frame.dataAt, frame.dataEnd, frame.fin, type);
    this.countGaps(receiver.gapCount - gapsBefore);
    this.take(grown, type);
    const stream = this.table.get(frame.streamId)!;
    if (receiver.isStopped) {
      this.giveUp(receiver);
      this.forgetIfFinished(stream);
    } else {
      this.announce(receiver);
      if (receiver.hasControl) this.queueControl(stream);
    }
  }

  onReset(frame: StreamControlFrame): void {
    const receiver = this.receiving(frame.streamId, FrameType.ResetStream);
    if (receiver === undefined) return;
    const before = receiver.state;
    const grown = receiver.onReset(frame.code, frame.finalSize);
    this.take(grown, FrameType.ResetStream);
    if (receiver.state !== ReceiveState.ResetRecvd || before === ReceiveState.ResetRecvd) return;
    this.giveUp(receiver);
    if (!receiver.isStopped) this.emit({ type: 'stream-reset', streamId: frame.streamId, code: frame.code });
    this.forgetIfFinished(this.table.get(frame.streamId)!);
  }

  onStopSending(frame: StreamControlFrame): void {
    const stream = this.sending(frame.streamId, FrameType.StopSending);
    if (stream === undefined || !stream.sender!.mayBeStopped) return;
    // The answer to STOP_SENDING is a reset with its code. RFC 9000 §3.5
    stream.sender!.reset(frame.code);
    this.unblock(stream);
    this.queueControl(stream);
    this.emit({ type: 'stream-stopped', streamId: frame.streamId, code: frame.code });
  }

  onMaxData(limit: number): void {
    if (this.sendLimit.raise(limit)) this.waitsForMaxData = false;
  }

  onMaxStreamData(streamId: number, limit: number): void {
    const stream = this.sending(streamId, FrameType.MaxStreamData);
    if (stream === undefined || !stream.sender!.limit.raise(limit)) return;
    this.setBlocked(stream, false);
    this.schedule(stream);
  }

  onMaxStreams(limit: number, unidirectional: boolean): void {
    if (limit > MAX_STREAM_COUNT)
      throw new TransportError(
        TransportCode.FrameEncoding,
        FrameType.MaxStreamsBidi,
        'a stream limit above 2^60',
      );
    const counts = this.counts(unidirectional);
    if (!counts.local.raise(limit) || !counts.wantsMore) return;
    counts.wantsMore = false;
    this.emit({ type: 'streams-available', unidirectional });
  }

  /** The peer cannot go on, or will not with as little as it has left: it gets all that is free. RFC 9000 §4.1 */
  onDataBlocked(): void {
    if (this.receiveWindow.freeBytes > 0) this.maxDataPending = true;
  }

  /** The same for a stream, which must be one that it can be about. */
  onStreamDataBlocked(streamId: number): void {
    const receiver = this.receiving(streamId, FrameType.StreamDataBlocked);
    if (receiver === undefined) return;
    receiver.onBlocked();
    this.queueControl(this.table.get(streamId)!);
  }

  /** The same for the number of streams. RFC 9000 §4.6 */
  onStreamsBlocked(unidirectional: boolean): void {
    this.counts(unidirectional).announceFree();
  }

  // From recovery

  onAcked(id: number, from: number, to: number, fin: boolean): void {
    const stream = this.table.get(id);
    const sender = stream?.sender;
    if (stream === undefined || sender === undefined) return;
    const { delivered } = sender;
    sender.onAcked(from, to, fin);
    if (sender.delivered && !delivered) this.emit({ type: 'stream-delivered', streamId: id });
    if (sender.finished) this.forgetIfFinished(stream);
  }

  onLost(id: number, from: number, to: number, fin: boolean): void {
    const stream = this.table.get(id);
    if (stream === undefined) return;
    stream.sender!.onLost(from, to, fin);
    this.schedule(stream);
  }

  onResetAcked(id: number): void {
    const stream = this.table.get(id);
    if (stream === undefined) return;
    stream.sender!.onResetAcked();
    this.forgetIfFinished(stream);
  }

  onControlLost(id: number, kind: number): void {
    const stream = this.table.get(id);
    if (stream === undefined) return;
    if (kind === Fact.ResetStream) stream.sender!.onResetLost();
    else if (kind === Fact.StopSending) stream.receiver!.onStopLost();
    else stream.receiver!.onWindowLost();
    this.queueControl(stream);
  }

  /** A *_BLOCKED frame is said again if it was the latest and is still true. RFC 9000 §13.3 */
  onBlockedLost(frameType: number, id: number, limit: number): void {
    if (frameType === FrameType.StreamDataBlocked) {
      const stream = this.table.get(id);
      if (stream !== undefined && stream.sender!.limit.blockedAt === limit) this.repeatBlocked(stream);
    } else if (frameType === FrameType.DataBlocked) {
      if (this.sendLimit.blockedAt === limit) this.repeatDataBlocked();
    } else {
      const { local } = this.counts(frameType === FrameType.StreamsBlockedUni);
      if (local.blockedAt === limit) local.blockedAt = -1;
    }
  }

  onMaxStreamsLost(unidirectional: boolean): void {
    this.counts(unidirectional).pending = true;
  }

  onMaxDataLost(): void {
    this.maxDataPending = true;
  }

  // The rest

  /** Data waits for credit. */
  get isBlocked(): boolean {
    return this.waitsForMaxData || this.blockedCount > 0;
  }

  /** Nothing was sent for a while: say again what waits for credit. RFC 9000 §4.1 */
  onQuiet(): void {
    if (this.waitsForMaxData) this.repeatDataBlocked();
    if (this.blockedCount === 0) return;
    for (const stream of this.table.values()) if (stream.blocked) this.repeatBlocked(stream);
  }

  /** Something may have left, arrived or been allowed: those who wait for room go on. */
  giveRoom(): void {
    this.room.give(this.sendLimit.left, this.schedule, this.tellWritable);
  }

  /** The stream waits for MAX_STREAM_DATA, or no longer. */
  setBlocked(stream: Stream, blocked: boolean): void {
    if (stream.blocked === blocked) return;
    stream.blocked = blocked;
    this.blockedCount += blocked ? 1 : -1;
  }

  /** The connection is quiet: streams give back buffers with nothing in them. */
  rest(): void {
    for (const { sender, receiver } of this.table.values()) {
      sender?.rest();
      receiver?.rest();
    }
    this.idleRings.release();
  }

  /** The connection has ended: what came can still be read, and nothing else is kept. */
  onConnectionEnd(): void {
    for (const { sender, receiver } of this.table.values()) {
      sender?.onConnectionEnd();
      receiver?.onConnectionEnd();
    }
    this.idleRings.release();
  }

  counts(unidirectional: boolean): StreamCounts {
    return unidirectional ? this.unidirectional : this.bidirectional;
  }

  /** Put a stream where the scheduler will find it, if it can send at all. */
  readonly schedule = (stream: Stream): void => {
    if (!stream.sender!.hasData(Infinity) && !stream.sender!.isBlocked) return;
    this.scheduler.add(stream);
    this.waitsForMaxData = false;
  };

  /** A stream may have its turn. */
  get hasTurns(): boolean {
    return !this.waitsForMaxData && !this.scheduler.isEmpty;
  }

  /**
   * Whether the stream can be written to. The peer decides whether a stream that it opens has a way back, and when it
   * wants no more: then there is none. A program that goes on after an end of its own is mistaken.
   */
  private takesData({ id, sender }: Stream): boolean {
    if (sender === undefined) return false;
    if (sender.endedHere) throw new QuicUsageError('not-writable', `stream ${id} takes no more data`);
    return sender.mayWrite;
  }

  /** The stream waits for something else than before, or for nothing. */
  private unblock(stream: Stream): void {
    this.setBlocked(stream, false);
    this.waitsForMaxData = false;
  }

  private repeatBlocked(stream: Stream): void {
    stream.sender!.limit.blockedAt = -1;
    this.schedule(stream);
  }

  private repeatDataBlocked(): void {
    this.sendLimit.blockedAt = -1;
    this.waitsForMaxData = false;
  }

  private queueControl(stream: Stream): void {
    const wanted = stream.sender?.hasReset === true || stream.receiver?.hasControl === true;
    if (!wanted || stream.controlQueued) return;
    stream.controlQueued = true;
    this.control.push(stream);
  }

  /** The receiving half that a frame is about; undefined when the stream is over. Throws when it cannot exist. */
  private receiving(id: number, frameType: number): ReceiveStream | undefined {
    const local = isServerInitiated(id) === this.isServer;
    if (local && isUnidirectional(id)) stateError(frameType, `stream ${id} only sends`);
    return this.existing(id, local, frameType)?.receiver;
  }

  /** The same for the sending half. */
  private sending(id: number, frameType: number): Stream | undefined {
    const local = isServerInitiated(id) === this.isServer;
    if (!local && isUnidirectional(id)) stateError(frameType, `stream ${id} only receives`);
    return this.existing(id, local, frameType);
  }

  private existing(id: number, local: boolean, frameType: number): Stream | undefined {
    const counts = this.counts(isUnidirectional(id));
    const index = streamIndex(id);
    if (local) {
      if (index >= counts.local.used) stateError(frameType, `stream ${id} was never opened`);
    } else {
      counts.admit(index, frameType);
      // A stream opens all lower ones of its kind. RFC 9000 §3.2
      while (counts.remoteOpened <= index) {
        const opened = streamIdOf(counts.remoteOpened, !this.isServer, isUnidirectional(id));
        counts.onRemoteOpened();
        this.create(opened);
        this.emit({ type: 'stream-opened', streamId: opened });
      }
    }
    return this.table.get(id);
  }

  private create(id: number): Stream {
    const local = isServerInitiated(id) === this.isServer;
    const { settings } = this;
    const peer = this.peer!;
    const oneWay = isUnidirectional(id);
    const limit = oneWay
      ? peer.initialMaxStreamDataUni
      : local
        ? peer.initialMaxStreamDataBidiRemote
        : peer.initialMaxStreamDataBidiLocal;
    const sender = oneWay && !local ? undefined : new SendStream(id, limit, this.memory, this.idleRings);
    const window = new ReceiveWindow(settings.streamWindowBytes, settings.maxStreamWindowBytes);
    const receiver = oneWay && local ? undefined : new ReceiveStream(id, window, this.idleRings);
    const stream = new Stream(id, sender, receiver);
    this.table.set(id, stream);
    return stream;
  }

  /** The peer has used more of the connection's window. */
  private take(bytes: number, frameType: number): void {
    const { receiveWindow } = this;
    receiveWindow.used += bytes;
    if (receiveWindow.used > receiveWindow.limit)
      throw new TransportError(TransportCode.FlowControl, frameType, 'connection beyond its limit');
    // Streams that are left unread must not take all of the window from those that are read. RFC 9000 §4.2
    if (bytes > 0 && receiveWindow.isUsedUp && this.awaitsMore()) receiveWindow.widen();
    if (receiveWindow.needsUpdate) this.maxDataPending = true;
  }

  private awaitsMore(): boolean {
    for (const { receiver } of this.table.values()) if (receiver?.isAwaited === true) return true;
    return false;
  }

  /** The application has taken bytes, or given them up. */
  private release(bytes: number, isAwaited = false): void {
    this.receiveWindow.consumed += bytes;
    if (isAwaited) this.receiveWindow.widen();
    if (this.receiveWindow.needsUpdate) this.maxDataPending = true;
  }

  private giveUp(receiver: ReceiveStream): void {
    this.gapCount -= receiver.gapCount;
    this.release(receiver.giveUp());
  }

  /** A gap costs more than a byte in it: many small ones must not outgrow the window that they lie in. */
  private countGaps(more: number): void {
    this.gapCount += more;
    if (more > 0 && this.gapCount > Math.max(MIN_GAPS, this.receiveWindow.windowBytes / BYTES_PER_GAP))
      throw new TransportError(TransportCode.InternalError, FrameType.Stream, 'too many gaps in streams');
  }

  private announce(receiver: ReceiveStream): void {
    const ready = receiver.readableBytes > 0 || receiver.state === ReceiveState.DataRecvd;
    if (!ready || receiver.announced) return;
    receiver.announced = true;
    this.emit({ type: 'stream-readable', streamId: receiver.id });
  }

  private forgetIfFinished(stream: Stream): void {
    if (!stream.finished || !this.table.delete(stream.id)) return;
    if (isServerInitiated(stream.id) !== this.isServer)
      this.counts(isUnidirectional(stream.id)).onRemoteClosed();
    this.emit({ type: 'stream-released', streamId: stream.id });
  }
}

function stateError(frameType: number, reason: string): never {
  throw new TransportError(TransportCode.StreamState, frameType, reason);
}

import type { QuicStream } from '@tsquic/quic-core';
import { connectionError, Http3Code } from '../errors/http3-error.ts';
import { VarintReader } from '../frame/frame-header.ts';
import type { SectionCodec } from '../stream/section-codec.ts';
import type { ControlReader } from './control-reader.ts';
import type { Http3Tracer } from '../trace/http3-tracer.ts';
import { StreamType } from './critical-stream.ts';

/** A unidirectional stream of the peer; its type is -1 until it is read. */
interface PeerStream {
  readonly stream: QuicStream;
  readonly varint: VarintReader;
  type: number;
}

/** What the streams of the peer lead to. */
export interface PeerStreamReceiver {
  readonly isServer: boolean;
  readonly tracer: Http3Tracer;
  /** Types that the program reads by itself. */
  readonly streamTypes: readonly number[];
  readonly bidirectionalTypes: readonly number[];
  onExtensionStream(streamId: number, streamType: number): void;
  /** Instructions of the peer's encoder were followed. */
  onInstructions(): void;
}

/** The streams that the peer opened and that are no requests, by their types. RFC 9114 §6.1, §6.2 */
export class PeerStreams {
  private readonly receiver: PeerStreamReceiver;
  private readonly codec: SectionCodec;
  private readonly control: ControlReader;
  private readonly streams = new Map<number, PeerStream>();
  /** Types of streams of which there is one. */
  private readonly opened = new Set<number>();

  constructor(receiver: PeerStreamReceiver, codec: SectionCodec, control: ControlReader) {
    this.receiver = receiver;
    this.codec = codec;
    this.control = control;
  }

  has(streamId: number): boolean {
    return this.streams.has(streamId);
  }

  onOpened(stream: QuicStream): void {
    if ((stream.id & 0x2) === 0 && this.receiver.bidirectionalTypes.length === 0)
      throw created('a server opens a bidirectional stream');
    this.streams.set(stream.id, { stream, varint: new VarintReader(), type: -1 });
  }

  /** Read what is there. Throws for streams that break RFC 9114 or RFC 9204. */
  onReadable(streamId: number): void {
    const peer = this.streams.get(streamId);
    if (peer === undefined) return;
    if (peer.type < 0) {
      if (!peer.varint.read(peer.stream)) return;
      peer.type = peer.varint.value;
      this.onType(peer);
    }
    this.consume(peer);
  }

  /** The peer reset a stream. */
  onReset(streamId: number): void {
    const peer = this.streams.get(streamId);
    this.streams.delete(streamId);
    if (peer !== undefined && CRITICAL.includes(peer.type)) throw closedCritical();
  }

  forget(streamId: number): void {
    this.streams.delete(streamId);
  }

  private onType({ stream, type }: PeerStream): void {
    this.receiver.tracer.onStreamType?.(stream.id, false, type);
    const isBidirectional = (stream.id & 0x2) === 0;
    const { streamTypes, bidirectionalTypes } = this.receiver;
    if ((isBidirectional ? bidirectionalTypes : streamTypes).includes(type)) {
      this.streams.delete(stream.id);
      this.receiver.onExtensionStream(stream.id, type);
      return;
    }
    if (isBidirectional) throw created('a server opens a bidirectional stream');
    if (type === StreamType.Push) {
      if (this.receiver.isServer) throw created('a client opens a push stream');
      throw connectionError(Http3Code.IdError, 'a push was never allowed');
    }
    if (!CRITICAL.includes(type)) {
      stream.stopSending(Http3Code.StreamCreationError);
      this.streams.delete(stream.id);
      return;
    }
    if (this.opened.has(type)) throw created(`a second stream of type ${type} is opened`);
    this.opened.add(type);
  }

  private consume({ stream, type }: PeerStream): void {
    if (!CRITICAL.includes(type)) return;
    if (type === StreamType.Control) this.control.pump(stream, stream.id);
    else this.consumeInstructions(stream, type);
    if (stream.finished) throw closedCritical();
  }

  private consumeInstructions(stream: QuicStream, type: number): void {
    while (stream.readableBytes > 0) {
      const bytes = new Uint8Array(Math.min(stream.readableBytes, CHUNK_BYTES));
      stream.read(bytes);
      if (type === StreamType.QpackDecoder) this.codec.onDecoderStream(bytes);
      else {
        this.codec.onEncoderStream(bytes);
        this.receiver.onInstructions();
      }
    }
  }
}

/** Bytes of instructions that are read at once. */
const CHUNK_BYTES = 4096;

const CRITICAL: readonly number[] = [StreamType.Control, StreamType.QpackEncoder, StreamType.QpackDecoder];

/** RFC 9114 §6.2.1, RFC 9204 §4.2 */
function closedCritical(): Error {
  return connectionError(
    Http3Code.ClosedCriticalStream,
    'a stream is closed that the connection cannot do without',
  );
}

function created(message: string): Error {
  return connectionError(Http3Code.StreamCreationError, message);
}

import { encodeVarint } from '@tsquic/bytes';
import type { QuicConnection, QuicStream } from '@tsquic/quic-core';
import { connectionError, Http3Code } from '../errors/http3-error.ts';
import { type Http3Tracer, NO_TRACE } from '../trace/http3-tracer.ts';
import { OutgoingBytes } from '../stream/outgoing-bytes.ts';

/** Types of unidirectional streams. RFC 9114 §6.2, RFC 9204 §4.2 */
export const StreamType = { Control: 0x00, Push: 0x01, QpackEncoder: 0x02, QpackDecoder: 0x03 } as const;

/** A stream of ours that the connection cannot do without. It is opened when there is something to say. RFC 9114 §6.2 */
export class CriticalStream {
  private readonly connection: QuicConnection;
  private readonly streamType: number;
  private readonly tracer: Http3Tracer;
  /** What is told of its frames once it is open. */
  private untold: ((streamId: number) => void)[] = [];
  private stream: QuicStream | undefined;
  private outgoing: OutgoingBytes | undefined;
  private beforeOpening: Uint8Array[] = [];
  /** Bytes that the peer must have before `isHeard`. */
  private awaitedBytes = 0;
  private isListening = false;
  /** Its ID; -1 before it is open. */
  id = -1;

  constructor(connection: QuicConnection, streamType: number, tracer: Http3Tracer = NO_TRACE) {
    this.connection = connection;
    this.streamType = streamType;
    this.tracer = tracer;
  }

  /** Bytes that have not left. */
  get unsentBytes(): number {
    const waiting = this.beforeOpening.reduce((sum, { length }) => sum + length, 0);
    return waiting + (this.outgoing?.unsentBytes ?? 0);
  }

  /** Whether the peer has acknowledged what `awaitHearing` found said; true where it allows no stream to say it on. */
  get isHeard(): boolean {
    return this.stream === undefined || this.stream.acknowledgedBytes >= this.awaitedBytes;
  }

  /** Raise `stream-writable`, and let `flush` be called then, once the peer has acknowledged all that was said so far. */
  awaitHearing(): void {
    this.awaitedBytes = (this.stream?.writtenBytes ?? 0) + (this.outgoing?.waitingBytes ?? 0);
    this.listen();
  }

  /** Send bytes after those before, and tell of them when the stream is open. Throws H3_EXCESSIVE_LOAD where the peer takes so few that too many wait. */
  write(bytes: Uint8Array, tell?: (streamId: number) => void): void {
    if (bytes.length === 0) return;
    if (tell !== undefined) this.untold.push(tell);
    if (this.outgoing === undefined) this.beforeOpening.push(bytes);
    else this.outgoing.append(bytes);
    this.flush();
    if (this.unsentBytes > MOST_UNSENT_BYTES)
      throw connectionError(Http3Code.ExcessiveLoad, 'the peer does not read what it makes necessary to say');
  }

  /** Open the stream where the peer allows it by now, and hand over what it takes. */
  flush(): void {
    if (this.outgoing === undefined) {
      if (this.beforeOpening.length === 0) return;
      const stream = this.connection.openStream({ unidirectional: true, priority: 0 });
      if (stream === undefined) return;
      this.id = stream.id;
      this.stream = stream;
      this.tracer.onStreamType?.(stream.id, true, this.streamType);
      this.outgoing = new OutgoingBytes(stream);
      this.outgoing.append(encodeVarint(this.streamType));
      for (const bytes of this.beforeOpening) this.outgoing.append(bytes);
      this.beforeOpening = [];
    }
    this.tellAll();
    if (this.isListening && this.isHeard) this.listenNoMore();
    this.outgoing.flush();
    this.listen();
  }

  /** A mark of one byte that nothing is below but an empty buffer: the event comes with the acknowledgement. */
  private listen(): void {
    const { stream } = this;
    if (stream === undefined || this.isHeard || this.isListening || this.outgoing!.waitingBytes > 0) return;
    this.isListening = true;
    stream.setHighWaterMark(Infinity, 1);
    stream.write(NOTHING);
  }

  private tellAll(): void {
    for (const tell of this.untold.splice(0)) tell(this.id);
  }

  private listenNoMore(): void {
    this.isListening = false;
    this.stream?.setHighWaterMark(Infinity);
  }
}

const NOTHING = new Uint8Array(0);

/** Bytes of instructions and frames that may wait for the peer's credit. */
const MOST_UNSENT_BYTES = 65_536;

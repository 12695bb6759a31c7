import type { QuicStream } from '@tsquic/quic-core';
import type { FieldLine } from '@tsquic/qpack';
import { encodeFrame, encodeFrameHeader } from '../frame/encode-frame.ts';
import { FrameType } from '../frame/frame-type.ts';
import { refuse, tooLargeText } from '../message/own-message.ts';
import type { Http3Tracer } from '../trace/http3-tracer.ts';
import { OutgoingBytes } from './outgoing-bytes.ts';

/** What follows a head: content, bytes of a tunnel alone, content that is taken and not sent, or nothing. */
export type Follows = 'content' | 'tunnel' | 'unsent' | 'nothing';

/** What a message needs of those around it. */
export interface MessageSender {
  readonly isServer: boolean;
  readonly tracer: Http3Tracer;
  /** Size of a field section that the peer takes. */
  peerFieldSectionSize(): number;
  /** Encode a section, and send the instructions that it needs. */
  encode(fields: readonly FieldLine[]): Uint8Array;
  /** The message cannot be completed. */
  fail(text: string): void;
}

/** The sending half of a request stream: a head, content and trailers as frames. RFC 9114 §4.1 */
export class OutgoingMessage {
  private readonly stream: QuicStream;
  private readonly sender: MessageSender;
  private readonly bytes: OutgoingBytes;
  private phase: 'head' | 'content' | 'ended' = 'head';
  private follows: Follows = 'content';
  private wantsRoom = false;
  /** Where the head ends in the stream; Infinity before it is sent. */
  private headEnd = Infinity;
  /** Whether nobody wants it any more. */
  private isClosed = false;

  constructor(stream: QuicStream, sender: MessageSender) {
    this.stream = stream;
    this.sender = sender;
    this.bytes = new OutgoingBytes(stream);
  }

  get hasHead(): boolean {
    return this.phase !== 'head';
  }

  /** Whether its end was given, sent or not yet. */
  get hasEnded(): boolean {
    return this.phase === 'ended';
  }

  /** Whether the stream has taken all of it. */
  get hasLeft(): boolean {
    return this.phase === 'ended' && this.bytes.waitingBytes === 0;
  }

  /** Whether its head has opened a tunnel, as the peer has acknowledged. RFC 9114 §4.4 */
  get isKnownTunnel(): boolean {
    return this.follows === 'tunnel' && this.stream.acknowledgedBytes >= this.headEnd;
  }

  /** Send an interim response, after which a head follows. It is left out where the peer does not even take those before. */
  sendInterim(section: readonly FieldLine[]): void {
    if (this.bytes.waitingBytes > MOST_WAITING_BYTES) return;
    if (!this.isTooLarge(section)) this.sendSection(section, false);
  }

  sendHead(section: readonly FieldLine[], follows: Follows, ends: boolean): void {
    if (this.isTooLarge(section)) return;
    this.follows = follows;
    this.phase = ends ? 'ended' : 'content';
    this.sendSection(section, ends);
    this.headEnd = this.stream.writtenBytes + this.bytes.waitingBytes;
  }

  /** Send content; returns how many bytes were taken. */
  write(content: Uint8Array, ends: boolean): number {
    // A head that was too large for the peer has closed the message.
    if (this.isClosed) return 0;
    if (this.phase === 'head') refuse('a head comes before content: send it first');
    if (content.length > 0) this.checkFollows();
    if (this.phase === 'ended') refuse('the message has ended: nothing follows its end');
    const taken = this.follows === 'unsent' ? content.length : this.writeData(content);
    this.wantsRoom = taken < content.length;
    if (ends && !this.wantsRoom) this.end();
    return taken;
  }

  /** Send trailers, which end the message. */
  sendTrailers(section: readonly FieldLine[]): void {
    this.checkFollows();
    const isTunnel = this.follows === 'tunnel';
    if (isTunnel && !this.sender.isServer) refuse('a tunnel has no trailers: write its end');
    if (this.isClosed) return;
    if (this.phase !== 'content') refuse('trailers come after a head and its content, and once');
    // That a response opens a tunnel is the client's choice.
    if (isTunnel) return this.end();
    if (this.isTooLarge(section)) return;
    this.phase = 'ended';
    this.sendSection(section, true);
  }

  /** Hand over what the stream takes; returns whether whoever wanted room is to be told of it. */
  flush(): boolean {
    const isRoom = this.bytes.flush() && this.wantsRoom;
    if (isRoom) this.wantsRoom = false;
    return isRoom;
  }

  /** Nobody wants it any more: what waits is dropped. */
  close(): void {
    this.isClosed = true;
    this.bytes.clear();
  }

  private checkFollows(): void {
    if (this.follows === 'nothing') refuse('neither content nor trailers follow a response with 204 or 304');
  }

  private writeData(content: Uint8Array): number {
    let taken = 0;
    while (this.bytes.waitingBytes === 0 && taken < content.length) {
      const piece = content.subarray(taken, taken + CONTENT_BYTES);
      taken += piece.length;
      this.sender.tracer.onFrameCreated?.(this.stream.id, { type: 'data', length: piece.length });
      this.bytes.write(encodeFrameHeader(FrameType.Data, piece.length));
      this.bytes.write(piece);
    }
    return taken;
  }

  private end(): void {
    this.phase = 'ended';
    this.bytes.append(NOTHING, true);
    this.bytes.flush();
  }

  /** Whether the peer does not take a section so large. Throws for a client; gives up the message of a server. */
  private isTooLarge(section: readonly FieldLine[]): boolean {
    const tooLarge = tooLargeText(section, this.sender.peerFieldSectionSize());
    if (tooLarge === undefined || this.isClosed) return false;
    if (!this.sender.isServer) refuse(tooLarge);
    // A server answers whoever asks: what the client takes must not make the call throw.
    this.sender.fail(tooLarge);
    return true;
  }

  private sendSection(section: readonly FieldLine[], ends: boolean): void {
    if (this.isClosed) return;
    const encoded = this.sender.encode(section);
    this.sender.tracer.onFrameCreated?.(this.stream.id, {
      type: 'headers',
      fields: section,
      length: encoded.length,
    });
    this.bytes.append(encodeFrame(FrameType.Headers, encoded), ends);
    this.bytes.flush();
  }
}

const NOTHING = new Uint8Array(0);
/** Content that one frame carries at most, and that waits here at most when the stream takes less. */
const CONTENT_BYTES = 16_384;
/** Bytes of interim responses that wait, after which more are left out. */
const MOST_WAITING_BYTES = 4096;

import type { QuicStream } from '@tsquic/quic-core';
import type { DecodedSection, FieldLine, SectionContent } from '@tsquic/qpack';
import { connectionError, Http3Code, Http3Error, malformed } from '../errors/http3-error.ts';
import { FrameHeaderReader } from '../frame/frame-header.ts';
import { FramePayload } from '../frame/frame-payload.ts';
import { checkOnRequestStream, FrameType } from '../frame/frame-type.ts';
import type { Http3FrameRecord, Http3Tracer } from '../trace/http3-tracer.ts';
import { takeApart } from '../message/field-rules.ts';

/** What a head says of what follows it. */
export interface Expectation {
  /** Whether another head follows: this was an interim response. */
  readonly isInterim: boolean;
  /** Whether only DATA follows. RFC 9114 §4.4 */
  readonly isTunnel: boolean;
  /** Whether there is no content, whatever Content-Length says. */
  readonly isEmpty: boolean;
  /** What Content-Length promises; -1 for nothing, and for a tunnel. */
  readonly contentLength: number;
}

/** Who is told of a message as it comes. What it throws is treated as an error of the peer. */
export interface MessageReceiver {
  /** Whether this side is the server. */
  readonly isServer: boolean;
  readonly tracer: Http3Tracer;
  decode(section: Uint8Array): DecodedSection;
  /** A head: what to expect after it. */
  onHead(fields: readonly FieldLine[]): Expectation;
  onTrailers(fields: readonly FieldLine[]): void;
  /** Content can be read where none could. */
  onContent(): void;
  /** The message is complete. */
  onEnd(): void;
  /** First integers of streams that are no messages, and what to do with one. RFC 9114 §9 */
  readonly extensionTypes: readonly number[];
  onExtension(streamType: number): void;
}

type Phase = 'head' | 'content' | 'tunnel' | 'trailers' | 'done';

/**
 * The receiving half of a request stream: the sequence of its frames, RFC 9114 §4.1, with content read by the program, so
 * that it sets the pace.
 */
export class IncomingMessage {
  private readonly stream: QuicStream;
  private readonly receiver: MessageReceiver;
  /** Bytes of an encoded field section at most. */
  private readonly maxSectionBytes: number;
  private readonly header = new FrameHeaderReader();
  /** Type of the frame that is being read; -1 between frames. */
  private frame = -1;
  /** Bytes of its payload that are not read. */
  private left = 0;
  /** The encoded field section as far as it has come. */
  private readonly section = new FramePayload();
  private phase: Phase = 'head';
  private isBlocked = false;
  private isAtStart = true;
  private toldContent = false;
  private interimHeads = 0;
  /** What Content-Length promises; -1 for nothing. */
  private expectedBytes = -1;
  private isEmpty = false;
  private contentBytes = 0;

  constructor(stream: QuicStream, receiver: MessageReceiver, maxSectionBytes: number) {
    this.stream = stream;
    this.receiver = receiver;
    this.maxSectionBytes = maxSectionBytes;
  }

  /** Whether a head of the message has been told. */
  get hasHead(): boolean {
    return this.phase !== 'head' || this.interimHeads > 0;
  }

  get isDone(): boolean {
    return this.phase === 'done';
  }

  /** Read as far as the stream and the program go. */
  pump(): void {
    while (this.phase !== 'done' && !this.isBlocked) {
      if (this.frame < 0 && !this.nextFrame()) return;
      if (!this.readPayload()) return;
      this.frame = -1;
    }
  }

  /** Copy content into `into`; returns how many bytes, 0 for none now or no more. */
  read(into: Uint8Array): number {
    let copied = 0;
    while (copied < into.length && this.frame === FrameType.Data && this.phase !== 'done') {
      const room = into.subarray(copied, copied + Math.min(into.length - copied, this.left));
      const count = room.length === 0 ? 0 : this.stream.read(room);
      this.left -= count;
      copied += count;
      if (this.left > 0 && count === 0) break;
      if (this.left === 0) this.pump();
    }
    if (copied < into.length) this.toldContent = false;
    if (this.frame === FrameType.Data) this.pump();
    return copied;
  }

  /** The section that was blocked is decoded. */
  onUnblocked(content: SectionContent): void {
    this.isBlocked = false;
    this.onSection(content);
    this.frame = -1;
    this.pump();
  }

  private nextFrame(): boolean {
    if (this.isExtension()) return false;
    if (!this.header.read(this.stream)) {
      if (this.stream.finished) this.onFin();
      return false;
    }
    const { type, length } = this.header;
    checkOnRequestStream(type);
    if (this.receiver.extensionTypes.includes(type))
      throw connectionError(
        Http3Code.FrameError,
        'what begins a stream of an extension stands within a message',
      );
    if (type === FrameType.Data) this.checkContent(length);
    else if (type === FrameType.Headers) this.checkSection(length);
    else if (type === FrameType.PushPromise) throw refusedPush(this.receiver.isServer);
    this.frame = type;
    this.left = length;
    if (type !== FrameType.Headers && this.receiver.tracer.onFrameParsed !== undefined)
      this.tell(
        type === FrameType.Data ? { type: 'data', length } : { type: 'unknown', frameType: type, length },
      );
    this.section.begin(type === FrameType.Headers ? length : 0);
    return true;
  }

  /** Whether the stream turns out to be no message, but something of an extension. */
  private isExtension(): boolean {
    if (!this.isAtStart || !this.header.readType(this.stream)) return false;
    this.isAtStart = false;
    const { type } = this.header;
    // What a client began is a request, whatever comes back.
    if (!this.receiver.isServer || !this.receiver.extensionTypes.includes(type)) return false;
    this.phase = 'done';
    this.receiver.onExtension(type);
    return true;
  }

  /** Returns whether the payload is read to its end. */
  private readPayload(): boolean {
    if (this.frame === FrameType.Data) {
      if (this.left === 0) return true;
      if (this.stream.readableBytes > 0 && !this.toldContent) {
        this.toldContent = true;
        this.receiver.onContent();
      }
    } else if (this.frame === FrameType.Headers) {
      if (this.section.read(this.stream)) return this.decodeSection();
    } else if (this.skip()) return true;
    if (this.stream.finished) throw cutShort();
    return false;
  }

  /** Drop a payload without a meaning; returns whether nothing of it is left. RFC 9114 §9 */
  private skip(): boolean {
    while (this.left > 0) {
      const count = this.stream.read(new Uint8Array(Math.min(this.left, SKIP_BYTES)));
      if (count === 0) return false;
      this.left -= count;
    }
    return true;
  }

  private decodeSection(): boolean {
    const content = this.receiver.decode(this.section.take());
    if (content.kind === 'blocked') {
      this.isBlocked = true;
      return false;
    }
    this.onSection(content);
    return true;
  }

  private onSection(content: SectionContent): void {
    if (this.receiver.tracer.onFrameParsed !== undefined) {
      const fields = content.kind === 'fields' ? content.fields : undefined;
      this.tell({ type: 'headers', fields, length: this.header.length });
    }
    if (content.kind !== 'fields') throw tooLarge(content.kind);
    if (this.phase !== 'head') {
      const { fields } = takeApart(content.fields, 'trailers', []);
      this.phase = 'trailers';
      this.receiver.onTrailers(fields);
      return;
    }
    const { isInterim, isTunnel, isEmpty, contentLength } = this.receiver.onHead(content.fields);
    if (isInterim) {
      if (++this.interimHeads > MOST_INTERIM_HEADS)
        throw new Http3Error('stream', Http3Code.ExcessiveLoad, 'there are too many interim responses');
      return;
    }
    this.phase = isTunnel ? 'tunnel' : 'content';
    this.isEmpty = isEmpty;
    this.expectedBytes = contentLength;
  }

  private tell(frame: Http3FrameRecord): void {
    this.receiver.tracer.onFrameParsed?.(this.stream.id, frame);
  }

  private checkContent(length: number): void {
    if (this.phase !== 'content' && this.phase !== 'tunnel')
      throw unexpected('a DATA frame stands before a head or after the trailers');
    this.contentBytes += length;
    if (this.isEmpty && length > 0) throw malformed('there is content where none is defined');
    if (this.expectedBytes >= 0 && this.contentBytes > this.expectedBytes)
      throw malformed("there is more content than 'content-length' says");
  }

  private checkSection(length: number): void {
    if (this.phase === 'trailers' || this.phase === 'tunnel')
      throw unexpected('a HEADERS frame stands after the trailers or in a tunnel');
    if (length > this.maxSectionBytes) throw tooLarge('too-large');
  }

  private onFin(): void {
    if (this.header.isPartial) throw cutShort();
    if (this.phase === 'head') {
      const code = this.receiver.isServer ? Http3Code.RequestIncomplete : Http3Code.MessageError;
      throw new Http3Error('stream', code, 'the stream ends before a head');
    }
    if (!this.isEmpty && this.expectedBytes >= 0 && this.contentBytes !== this.expectedBytes)
      throw malformed("there is less content than 'content-length' says");
    this.phase = 'done';
    this.receiver.onEnd();
  }
}

/** Bytes of a frame without a meaning that are dropped at once. */
const SKIP_BYTES = 1024;
/** Interim responses of one request. */
const MOST_INTERIM_HEADS = 32;

function tooLarge(kind: 'too-large' | 'undecodable'): Http3Error {
  return new Http3Error(
    'stream',
    kind === 'undecodable' ? DECOMPRESSION_FAILED : Http3Code.ExcessiveLoad,
    'a field section is larger than what is accepted',
  );
}

/** RFC 9204 §7.4 */
const DECOMPRESSION_FAILED = 0x200;

function unexpected(message: string): Http3Error {
  return connectionError(Http3Code.FrameUnexpected, message);
}

function cutShort(): Http3Error {
  return connectionError(Http3Code.FrameError, 'a stream ends within a frame');
}

/** Nobody has allowed a push, so that each push ID is too large. RFC 9114 §7.2.5 */
function refusedPush(isServer: boolean): Http3Error {
  return isServer
    ? unexpected('a client sends PUSH_PROMISE')
    : connectionError(Http3Code.IdError, 'a push is promised that was never allowed');
}

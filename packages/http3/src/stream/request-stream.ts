import { type HttpPriority, type QuicStream, QuicUsageError } from '@tsquic/quic-core';
import type { DecodedSection, FieldLine, SectionContent } from '@tsquic/qpack';
import { Http3Code, Http3Error } from '../errors/http3-error.ts';
import type { Http3Event } from '../events.ts';
import { encodeFrame, encodeFrameHeader } from '../frame/encode-frame.ts';
import { FrameType } from '../frame/frame-type.ts';
import { lowerCased, takeApart } from '../message/field-rules.ts';
import { decodeRequestHead, type RequestHead } from '../message/request-head.ts';
import {
  decodeResponseHead,
  encodeResponseHead,
  hasNoContent,
  isInterim,
  type ResponseHead,
} from '../message/response-head.ts';
import { DatagramQueue } from '../datagram/datagram-queue.ts';
import type { Http3Stream } from './http3-stream.ts';
import { type Expectation, IncomingMessage } from './incoming-message.ts';
import { OutgoingBytes } from './outgoing-bytes.ts';

/** What a request stream needs of its connection. */
export interface RequestStreamHost {
  readonly isServer: boolean;
  readonly allowsProtocol: boolean;
  readonly maxFieldSectionSize: number;
  emit(event: Http3Event): void;
  /** Encode a section, and send the instructions that it needs. */
  encode(streamId: number, fields: readonly FieldLine[]): Uint8Array;
  decode(streamId: number, section: Uint8Array): DecodedSection;
  /** Run `act`, and end the stream or the connection for what it finds wrong with the peer. */
  guard(streamId: number, act: () => void): void;
  /** Nobody reads the stream further, though its message is not complete. */
  onAbandoned(streamId: number): void;
  /** A half may have ended. */
  settle(stream: RequestStream): void;
  /** First integers of streams that belong to the program. */
  readonly bidirectionalTypes: readonly number[];
  sendDatagram(streamId: number, payload: Uint8Array): boolean;
  sendPriority(streamId: number, priority: HttpPriority): void;
  /** A head of a request was read. */
  onRequest(stream: RequestStream, head: RequestHead): void;
}

type SendPhase = 'head' | 'content' | 'ended';

/** Content that one frame carries at most, and that waits here at most when the stream takes less. */
const CONTENT_BYTES = 16_384;

/** A request stream as its connection drives it; programs hold it as `Http3Stream`. RFC 9114 §4.1 */
export class RequestStream implements Http3Stream {
  readonly id: number;
  private readonly stream: QuicStream;
  private readonly host: RequestStreamHost;
  private readonly incoming: IncomingMessage;
  private readonly outgoing: OutgoingBytes;
  private readonly datagrams = new DatagramQueue();
  private sending: SendPhase = 'head';
  private wantsRoom = false;
  /** The request's method, by which a response is read. */
  private method = '';
  private isExtended = false;
  private isOver = false;
  /** Whether the peer wants no more of what is sent here. */
  private isStopped = false;
  private stopCode = 0;
  /** Whether this side wants no more of the peer's message. */
  private isUnread = false;

  constructor(stream: QuicStream, host: RequestStreamHost) {
    this.id = stream.id;
    this.stream = stream;
    this.host = host;
    this.outgoing = new OutgoingBytes(stream);
    this.incoming = new IncomingMessage(
      stream,
      {
        isServer: host.isServer,
        decode: (section) => host.decode(stream.id, section),
        onHead: (fields) => this.onHead(fields),
        onTrailers: (fields) => host.emit({ type: 'trailers', streamId: stream.id, fields }),
        onContent: () => host.emit({ type: 'content', streamId: stream.id }),
        onEnd: () => host.emit({ type: 'end', streamId: stream.id }),
        extensionTypes: host.bidirectionalTypes,
        onExtension: (streamType) => this.handOver(streamType),
      },
      host.maxFieldSectionSize,
    );
  }

  get hasRead(): boolean {
    return this.incoming.isDone || this.isOver || this.isUnread;
  }

  get hasEnded(): boolean {
    return this.sending === 'ended';
  }

  get hasSent(): boolean {
    return this.isOver || this.isStopped || (this.sending === 'ended' && this.outgoing.waitingBytes === 0);
  }

  /** Whether both messages are complete. */
  get isComplete(): boolean {
    return this.incoming.isDone && this.hasSent && !this.isOver && !this.isStopped;
  }

  /** Whether the end of what was sent is on its way, and wanted. */
  get isDelivering(): boolean {
    const isWanted = !this.isOver && !this.isStopped;
    return isWanted && this.sending === 'ended' && !this.stream.delivered;
  }

  /** Whether a head of the peer's message was told. */
  get hasHead(): boolean {
    return this.incoming.hasHead;
  }

  read(into: Uint8Array): number {
    let count = 0;
    if (this.hasRead) return 0;
    this.host.guard(this.id, () => (count = this.incoming.read(into)));
    if (this.hasRead) this.host.settle(this);
    return count;
  }

  /** Client: send the request's head. With `ends`, there is no content. RFC 9114 §4.1 */
  sendRequest(section: readonly FieldLine[], head: RequestHead, ends: boolean): void {
    this.method = head.method;
    this.isExtended = head.protocol !== undefined;
    this.sendSection(section, ends);
  }

  respond(head: ResponseHead, ends = false): void {
    const section = encodeResponseHead({ ...head, fields: lowerCased(head.fields) });
    checkOwn(() => decodeResponseHead(section));
    if (this.sending !== 'head') refuse('a response was sent before: one request has one');
    if (!isInterim(head.status)) return this.sendSection(section, ends);
    if (ends) refuse('an interim response does not end a request: a final one follows');
    this.sendFrame(section, false);
  }

  write(content: Uint8Array, ends = false): number {
    if (this.sending === 'head') refuse('a head comes before content: send it first');
    if (this.isOver || this.isStopped) return 0;
    if (this.sending === 'ended') refuse('the message has ended: nothing follows its end');
    let taken = 0;
    while (this.outgoing.waitingBytes === 0 && taken < content.length) {
      const piece = content.slice(taken, taken + CONTENT_BYTES);
      taken += piece.length;
      this.outgoing.append(encodeFrameHeader(FrameType.Data, piece.length));
      this.outgoing.append(piece, ends && taken === content.length);
      this.outgoing.flush();
    }
    this.wantsRoom = taken < content.length;
    if (ends && !this.wantsRoom) this.end();
    return taken;
  }

  sendTrailers(fields: readonly FieldLine[]): void {
    const section = lowerCased(fields);
    checkOwn(() => takeApart(section, 'trailers', []));
    if (this.isOver || this.isStopped) return;
    if (this.sending !== 'content') refuse('trailers come after a head and its content, and once');
    this.sendSection(section, true);
  }

  cancel(code?: number): void {
    if (this.isOver) return;
    const isUnseen = this.host.isServer && !this.hasHead;
    this.abandon(code ?? (isUnseen ? Http3Code.RequestRejected : Http3Code.RequestCancelled));
  }

  stopReading(code: number = Http3Code.NoError): void {
    if (this.hasRead) return;
    this.isUnread = true;
    this.stream.stopSending(code);
    this.host.onAbandoned(this.id);
    this.host.settle(this);
  }

  setPriority(priority: HttpPriority): void {
    this.stream.setPriority(priority);
    if (!this.host.isServer && !this.isOver) this.host.sendPriority(this.id, priority);
  }

  sendDatagram(payload: Uint8Array): boolean {
    return (
      this.sending !== 'ended' && !this.isOver && !this.isStopped && this.host.sendDatagram(this.id, payload)
    );
  }

  receiveDatagram(): Uint8Array | undefined {
    return this.datagrams.shift();
  }

  // What the connection tells.

  onReadable(): void {
    if (!this.hasRead) this.incoming.pump();
  }

  onWritable(): void {
    if (this.isOver || !this.outgoing.flush()) return;
    this.host.settle(this);
    if (!this.wantsRoom) return;
    this.wantsRoom = false;
    this.host.emit({ type: 'writable', streamId: this.id });
  }

  onUnblocked(content: SectionContent): void {
    if (!this.hasRead) this.incoming.onUnblocked(content);
  }

  /**
   * A datagram came. One that overtakes the head of its request waits for it; what has no protocol of datagrams ends the
   * request. RFC 9297 §2, §2.1
   */
  onDatagram(payload: Uint8Array): void {
    if (this.hasRead) return;
    const isKnown = !this.host.isServer || this.hasHead;
    if (isKnown && !this.isExtended) throw noDatagrams();
    if (this.datagrams.push(payload) && isKnown) this.tellDatagrams();
  }

  /** Abandon what is open of both halves with this code. */
  abandon(code: number): void {
    if (this.isOver) return;
    const wasRead = this.hasRead;
    this.isOver = true;
    this.outgoing.clear();
    this.stream.discard(code);
    if (!wasRead) this.host.onAbandoned(this.id);
    this.host.settle(this);
  }

  /** The peer wants no more: what waits is dropped. */
  onStopped(code: number): void {
    this.outgoing.clear();
    this.isStopped = true;
    this.stopCode = code;
    // A server's program hears of a request first.
    if (!this.host.isServer || this.hasHead) this.tellStopped();
    this.host.settle(this);
  }

  /** The stream is one of an extension: it belongs to the program from now on. */
  private handOver(streamType: number): void {
    this.isOver = true;
    this.host.emit({ type: 'extension-stream', streamId: this.id, streamType });
    this.host.settle(this);
  }

  private onHead(section: readonly FieldLine[]): Expectation {
    if (this.host.isServer) {
      const head = decodeRequestHead(section, this.host.allowsProtocol);
      this.method = head.method;
      this.isExtended = head.protocol !== undefined;
      const hasDatagrams = this.datagrams.length > 0;
      // Nothing is told of a request that ends here.
      if (hasDatagrams && !this.isExtended) throw noDatagrams();
      this.host.onRequest(this, head);
      if (this.isStopped) this.tellStopped();
      if (hasDatagrams) this.tellDatagrams();
      return { isInterim: false, isTunnel: head.method === 'CONNECT', isEmpty: false };
    }
    const head = decodeResponseHead(section);
    const interim = isInterim(head.status);
    this.host.emit({ type: interim ? 'interim' : 'response', streamId: this.id, head });
    const isTunnel = this.method === 'CONNECT' && head.status >= 200 && head.status < 300;
    return { isInterim: interim, isTunnel, isEmpty: hasNoContent(this.method, head.status) };
  }

  private tellStopped(): void {
    this.host.emit({ type: 'stopped', streamId: this.id, code: this.stopCode });
  }

  private tellDatagrams(): void {
    this.host.emit({ type: 'datagram', streamId: this.id });
  }

  private sendSection(section: readonly FieldLine[], ends: boolean): void {
    this.sending = ends ? 'ended' : 'content';
    this.sendFrame(section, ends);
  }

  private sendFrame(section: readonly FieldLine[], ends: boolean): void {
    if (this.isOver || this.isStopped) return;
    this.outgoing.append(encodeFrame(FrameType.Headers, this.host.encode(this.id, section)), ends);
    this.outgoing.flush();
    if (ends) this.host.settle(this);
  }

  private end(): void {
    this.outgoing.append(NOTHING, true);
    this.outgoing.flush();
    this.sending = 'ended';
    this.host.settle(this);
  }
}

const NOTHING = new Uint8Array(0);

function noDatagrams(): Http3Error {
  return new Http3Error('stream', Http3Code.DatagramError, 'this request has no datagrams');
}

/** What would be malformed is refused before it is sent. */
export function checkOwn(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof Http3Error) refuse(error.message);
    throw error;
  }
}

function refuse(reason: string): never {
  throw new QuicUsageError('invalid-option', reason);
}

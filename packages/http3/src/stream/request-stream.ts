import type { HttpPriority, QuicStream } from '@tsquic/quic-core';
import type { DecodedSection, FieldLine, SectionContent } from '@tsquic/qpack';
import { Http3Code, Http3Error } from '../errors/http3-error.ts';
import type { Http3Event } from '../events.ts';
import { contentLengthOf, lowerCased, takeApart, withoutContentLength } from '../message/field-rules.ts';
import { checkOwn, refuse } from '../message/own-message.ts';
import { decodeRequestHead, type RequestHead } from '../message/request-head.ts';
import {
  decodeResponseHead,
  encodeResponseHead,
  hasNoContent,
  isInterim,
  type ResponseHead,
} from '../message/response-head.ts';
import { isTunnel, ofTunnel } from '../message/tunnel.ts';
import type { Http3Tracer } from '../trace/http3-tracer.ts';
import type { DatagramMemory } from '../datagram/datagram-memory.ts';
import { DatagramQueue } from '../datagram/datagram-queue.ts';
import type { Http3Stream } from './http3-stream.ts';
import { type Expectation, IncomingMessage } from './incoming-message.ts';
import { type Follows, OutgoingMessage } from './outgoing-message.ts';

/** What a request stream needs of its connection. */
export interface RequestStreamHost {
  readonly isServer: boolean;
  readonly allowsProtocol: boolean;
  readonly tracer: Http3Tracer;
  readonly maxFieldSectionSize: number;
  /** What the datagrams of all requests hold. */
  readonly datagramMemory: DatagramMemory;
  /** Size of a field section that the peer takes. */
  peerFieldSectionSize(): number;
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
  /** This side cannot complete its message. */
  fail(stream: RequestStream, code: number, text: string): void;
  /** A head of a request was read. */
  onRequest(stream: RequestStream, head: RequestHead): void;
}

/** A request stream as its connection drives it; programs hold it as `Http3Stream`. RFC 9114 §4.1 */
export class RequestStream implements Http3Stream {
  readonly id: number;
  private readonly stream: QuicStream;
  private readonly host: RequestStreamHost;
  private readonly incoming: IncomingMessage;
  private readonly outgoing: OutgoingMessage;
  private readonly datagrams: DatagramQueue;
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
    const { isServer, tracer } = host;
    this.outgoing = new OutgoingMessage(stream, {
      ...{ isServer, tracer },
      peerFieldSectionSize: () => host.peerFieldSectionSize(),
      encode: (section) => host.encode(stream.id, section),
      fail: (text) => host.fail(this, Http3Code.RequestCancelled, text),
    });
    this.datagrams = new DatagramQueue(host.datagramMemory);
    this.incoming = new IncomingMessage(
      stream,
      {
        ...{ isServer, tracer },
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
    return this.outgoing.hasEnded;
  }

  get hasSent(): boolean {
    return this.isOver || this.isStopped || this.outgoing.hasLeft;
  }

  /** Whether both messages are complete. */
  get isComplete(): boolean {
    return this.incoming.isDone && this.hasSent && !this.isOver && !this.isStopped;
  }

  /** Whether the end of what was sent is on its way, and wanted. */
  get isDelivering(): boolean {
    const isWanted = !this.isOver && !this.isStopped;
    return isWanted && this.hasEnded && !this.stream.delivered;
  }

  /** Whether a head of the peer's message was told. */
  get hasHead(): boolean {
    return this.incoming.hasHead;
  }

  /** Whether the message of this side would be given up if the peer ended the request now. */
  get isPending(): boolean {
    return !this.hasSent && !this.outgoing.isKnownTunnel;
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
    this.outgoing.sendHead(section, head.method === 'CONNECT' ? 'tunnel' : 'content', ends);
    if (ends) this.host.settle(this);
  }

  respond(head: ResponseHead, ends = false): void {
    const fields = lowerCased(head.fields);
    const follows = this.followsResponse(head.status);
    // A tunnel has no content whose length could be told. RFC 9110 §8.6
    const told = follows === 'tunnel' ? withoutContentLength(fields) : fields;
    const section = encodeResponseHead({ status: head.status, fields: told });
    checkOwn(() => decodeResponseHead(section));
    if (this.outgoing.hasHead) refuse('a response was sent before: one request has one');
    if (isInterim(head.status)) {
      if (ends) refuse('an interim response does not end a request: a final one follows');
      return this.outgoing.sendInterim(section);
    }
    this.outgoing.sendHead(section, follows, ends);
    if (ends) this.host.settle(this);
  }

  write(content: Uint8Array, ends = false): number {
    const taken = this.outgoing.write(content, ends);
    if (ends && this.hasEnded) this.host.settle(this);
    return taken;
  }

  sendTrailers(fields: readonly FieldLine[]): void {
    const section = lowerCased(fields);
    checkOwn(() => takeApart(section, 'trailers', []));
    this.outgoing.sendTrailers(section);
    this.host.settle(this);
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
    const isOpen = !this.hasEnded && !this.isOver && !this.isStopped;
    return isOpen && this.host.sendDatagram(this.id, payload);
  }

  receiveDatagram(): Uint8Array | undefined {
    return this.datagrams.shift();
  }

  // What the connection tells.

  onReadable(): void {
    if (!this.hasRead) this.incoming.pump();
    this.host.settle(this);
  }

  onWritable(): void {
    if (this.isOver) return;
    const isRoom = this.outgoing.flush();
    this.host.settle(this);
    if (isRoom) this.host.emit({ type: 'writable', streamId: this.id });
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

  /** Nobody reads the datagrams that wait. */
  forgetDatagrams(): void {
    this.datagrams.clear();
  }

  /** Abandon what is open of both halves with this code. */
  abandon(code: number): void {
    if (this.isOver) return;
    const wasRead = this.hasRead;
    this.isOver = true;
    this.outgoing.close();
    this.stream.discard(code);
    if (!wasRead) this.host.onAbandoned(this.id);
    this.host.settle(this);
  }

  /** The peer wants no more: what waits is dropped. */
  onStopped(code: number): void {
    this.outgoing.close();
    this.isStopped = true;
    this.stopCode = code;
    // A server's program hears of a request first.
    if (!this.host.isServer || this.hasHead) this.tellStopped();
    this.host.settle(this);
  }

  /** The stream is one of an extension: it belongs to the program from now on. */
  private handOver(streamType: number): void {
    this.isOver = true;
    this.outgoing.close();
    this.host.emit({ type: 'extension-stream', streamId: this.id, streamType });
    this.host.settle(this);
  }

  private onHead(section: readonly FieldLine[]): Expectation {
    if (this.host.isServer) {
      const head = decodeRequestHead(section, this.host.allowsProtocol);
      this.method = head.method;
      this.isExtended = head.protocol !== undefined;
      const opensTunnel = head.method === 'CONNECT';
      const contentLength = opensTunnel ? -1 : contentLengthOf(head.fields);
      const hasDatagrams = this.datagrams.length > 0;
      // Nothing is told of a request that ends here.
      if (hasDatagrams && !this.isExtended) throw noDatagrams();
      this.host.onRequest(this, opensTunnel ? ofTunnel(head) : head);
      if (this.isStopped) this.tellStopped();
      if (hasDatagrams) this.tellDatagrams();
      return { isInterim: false, isTunnel: opensTunnel, isEmpty: false, contentLength };
    }
    const head = decodeResponseHead(section);
    const interim = isInterim(head.status);
    const opensTunnel = isTunnel(this.method, head.status);
    const contentLength = opensTunnel ? -1 : contentLengthOf(head.fields);
    const told = opensTunnel ? ofTunnel(head) : head;
    this.host.emit({ type: interim ? 'interim' : 'response', streamId: this.id, head: told });
    const isEmpty = hasNoContent(this.method, head.status);
    return { isInterim: interim, isTunnel: opensTunnel, isEmpty, contentLength };
  }

  private followsResponse(status: number): Follows {
    if (isTunnel(this.method, status)) return 'tunnel';
    if (!hasNoContent(this.method, status)) return 'content';
    // That there is none in a response to HEAD is the client's choice. RFC 9110 §9.3.2
    return hasNoContent('', status) ? 'nothing' : 'unsent';
  }

  private tellStopped(): void {
    this.host.emit({ type: 'stopped', streamId: this.id, code: this.stopCode });
  }

  private tellDatagrams(): void {
    this.host.emit({ type: 'datagram', streamId: this.id });
  }
}

function noDatagrams(): Http3Error {
  return new Http3Error('stream', Http3Code.DatagramError, 'this request has no datagrams');
}

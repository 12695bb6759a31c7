import { type HttpPriority, type QuicConnection, type QuicEvent, type QuicStream } from '@tsquic/quic-core';
import { DatagramMemory } from '../datagram/datagram-memory.ts';
import { HttpDatagrams } from '../datagram/http-datagrams.ts';
import { connectionError, Http3Code, Http3Error } from '../errors/http3-error.ts';
import type { Http3Event } from '../events.ts';
import { lowerCased } from '../message/field-rules.ts';
import { checkOwn, refuse, tooLargeText } from '../message/own-message.ts';
import { decodeRequestHead, encodeRequestHead, type RequestHead } from '../message/request-head.ts';
import { configOf, type Http3Config, type Http3Options, ownSettings } from '../options.ts';
import { decodePriority, encodePriority } from '../priority/priority-field.ts';
import { PeerSettings } from '../settings/peer-settings.ts';
import { type Settings, SettingId, settingOf } from '../settings/settings.ts';
import { RequestStream, type RequestStreamHost } from '../stream/request-stream.ts';
import type { Http3Stream } from '../stream/http3-stream.ts';
import { SectionCodec } from '../stream/section-codec.ts';
import { ControlReader } from './control-reader.ts';
import { ControlWriter } from './control-writer.ts';
import { EventQueue } from './event-queue.ts';
import { OwnStreams } from './own-streams.ts';
import { PeerStreams } from './peer-streams.ts';
import { RequestTable } from './request-table.ts';
import { Shutdown } from './shutdown.ts';

/** Options of one request. */
export interface RequestOptions {
  /** Whether the request has no content. Default: false. */
  readonly ends?: boolean;
  /** How soon the response is needed; told in the field 'priority'. Default: nothing is told. RFC 9218 §5 */
  readonly priority?: HttpPriority;
}

/**
 * HTTP/3 over one QUIC connection, RFC 9114: give it every event of that connection, and pull what it makes of them. It has no
 * clock and calls nobody; what a peer does wrong ends a stream or the connection with the code that the RFC names.
 */
export class Http3Connection {
  readonly connection: QuicConnection;
  private readonly config: Http3Config;
  private readonly codec: SectionCodec;
  private readonly own: OwnStreams;
  private readonly control: ControlWriter;
  private readonly peerStreams: PeerStreams;
  private readonly requests: RequestTable;
  private readonly shutdown: Shutdown;
  private readonly host: RequestStreamHost;
  private readonly settings: PeerSettings;
  private readonly datagrams: HttpDatagrams;
  private readonly events = new EventQueue();
  private isClosed = false;
  private wantsRequests = false;
  private hasDrained = false;

  /** Everything of a connection that is new: no event of its streams may have been missed. */
  constructor(connection: QuicConnection, options: Http3Options = {}) {
    const isServer = !connection.isClient;
    this.connection = connection;
    this.config = configOf(options);
    this.codec = new SectionCodec({
      maxTableCapacity: this.config.qpackMaxTableCapacity,
      maxBlockedStreams: this.config.qpackBlockedStreams,
      maxFieldSectionSize: this.config.maxFieldSectionSize,
    });
    this.requests = new RequestTable(isServer ? this.config.maxAbandonedRequests : Infinity);
    this.shutdown = new Shutdown(isServer);
    this.settings = new PeerSettings(connection, this.config.rememberedSettings);
    this.datagrams = new HttpDatagrams(connection, {
      tracer: this.config.tracer,
      areAllowed: () => this.config.datagrams && settingOf(this.peerSettings, SettingId.H3Datagram) === 1,
    });
    this.own = new OwnStreams(connection, this.config.tracer);
    this.control = new ControlWriter(this.own.control, this.config.tracer);
    this.host = this.createHost(isServer);
    this.peerStreams = this.createPeerStreams(isServer);
    this.guard(-1, () => this.control.sendSettings(ownSettings(this.config, isServer)));
  }

  /**
   * What the peer's SETTINGS said; before they came, what is remembered of an earlier connection while early data may be sent by it,
   * or nothing. RFC 9114 §7.2.4.2
   */
  get peerSettings(): Settings {
    return this.settings.current;
  }

  /** Whether the peer's SETTINGS have come. */
  get hasPeerSettings(): boolean {
    return this.settings.hasCome;
  }

  /** Whether a client may make requests: neither side is going. RFC 9114 §5.2 */
  get acceptsRequests(): boolean {
    return this.connection.isClient && !this.isClosed && !this.shutdown.isPeerGoing && !this.shutdown.isFinal;
  }

  /** What happened; undefined when nothing more did. */
  nextEvent(): Http3Event | undefined {
    return this.events.shift();
  }

  /**
   * A request by its stream, while it is open, and until the event after its last one is pulled; undefined for one that is complete,
   * given up or unknown.
   */
  stream(streamId: number): Http3Stream | undefined {
    return this.requests.get(streamId) ?? this.events.keptStream(streamId);
  }

  /**
   * Client: begin a request, whose content follows unless `ends`. Undefined where the peer allows no further stream now (the event
   * `requests-available` tells when), and where `acceptsRequests` is false. `QuicUsageError('invalid-option')` for a head that
   * HTTP/3 forbids, a protocol that the server has not enabled, and fields larger than the server said that it takes.
   */
  request(head: RequestHead, options: RequestOptions = {}): Http3Stream | undefined {
    const { priority, ends = false } = options;
    const fields = lowerCased(head.fields);
    if (priority !== undefined) fields.push({ name: 'priority', value: encodePriority(priority) });
    const section = encodeRequestHead({ ...head, fields });
    const hasProtocol = settingOf(this.peerSettings, SettingId.EnableConnectProtocol) === 1;
    checkOwn(() => decodeRequestHead(section, hasProtocol));
    const tooLarge = tooLargeText(section, this.host.peerFieldSectionSize());
    if (tooLarge !== undefined) refuse(tooLarge);
    if (!this.acceptsRequests) return undefined;
    const stream = this.connection.openStream(priority === undefined ? {} : { priority });
    this.wantsRequests ||= stream === undefined;
    if (stream === undefined) return undefined;
    this.config.tracer.onStreamType?.(stream.id, true, REQUEST);
    const request = new RequestStream(stream, this.host);
    this.requests.add(request);
    request.sendRequest(section, head, ends);
    return request;
  }

  /**
   * Go, once what was accepted is complete: the event `drained`. A server calls it twice: first the client is told to make no
   * further requests; a round trip later, with `isFinal`, those that are not on their way by then are rejected. RFC 9114 §5.2
   */
  goAway(isFinal = true): void {
    if (this.isClosed) return;
    const frame = this.shutdown.goAway(this.requests.nextId, isFinal);
    this.guard(-1, () => frame && this.control.sendGoAway(frame));
    if (this.shutdown.isFinal) this.own.control.awaitHearing();
    this.checkDrained();
  }

  /** Server: the first request that has not begun. */
  get nextRequestId(): number {
    return this.requests.nextId;
  }

  /** Requests that are complete here, whose last bytes the peer has not acknowledged. */
  get undeliveredRequests(): readonly number[] {
    return this.requests.undeliveredIds;
  }

  /**
   * Server: reject the requests before this one whose heads have not come, which the client may send again elsewhere. Default: all of
   * them. RFC 9114 §4.1.1
   */
  rejectUnread(before: number = Infinity): void {
    if (this.isClosed || this.connection.isClient) return;
    for (const request of this.requests.all()) if (!request.hasHead && request.id < before) request.cancel();
  }

  /** Close the connection at once. Default: H3_NO_ERROR. RFC 9114 §5.3 */
  close(code: number = Http3Code.NoError, text = ''): void {
    this.isClosed = true;
    this.events.silence();
    this.connection.close(code, text);
  }

  /** An event of the QUIC connection, each in its order. Events of other connections and streams are ignored. */
  onEvent(event: QuicEvent): void {
    if (event.connection !== this.connection.id) return;
    if (event.type === 'closed') {
      this.isClosed = true;
      this.events.push({ type: 'closed', reason: event.reason });
      return;
    }
    if (this.isClosed) return;
    this.guard('streamId' in event ? event.streamId : -1, () => this.dispatch(event));
  }

  private dispatch(event: QuicEvent): void {
    switch (event.type) {
      case 'stream-opened':
        return this.onOpened(event.streamId);
      case 'stream-readable':
        this.peerStreams.onReadable(event.streamId);
        return this.requests.get(event.streamId)?.onReadable();
      case 'stream-writable':
        this.own.flush();
        this.requests.get(event.streamId)?.onWritable();
        return this.checkDrained();
      case 'stream-reset':
        this.peerStreams.onReset(event.streamId);
        return this.onReset(event.streamId, event.code);
      case 'stream-stopped':
        return this.onStopped(event.streamId, event.code);
      case 'stream-delivered':
        return this.onDelivered(event.streamId);
      case 'stream-released':
        this.peerStreams.forget(event.streamId);
        return this.onDelivered(event.streamId);
      case 'datagram-readable':
        return this.onDatagrams();
      case 'streams-available':
        if (!event.unidirectional && this.wantsRequests) this.events.push({ type: 'requests-available' });
        this.wantsRequests &&= event.unidirectional;
        return this.own.flush();
      default:
        return this.own.flush();
    }
  }

  private onOpened(streamId: number): void {
    const stream = this.connection.stream(streamId);
    // Streams of this side are not opened by the peer; one that is gone was reset before.
    if (stream === undefined || (streamId & 0x1) === (this.connection.isClient ? 0 : 1)) return;
    if ((streamId & 0x2) !== 0 || this.connection.isClient) this.peerStreams.onOpened(stream);
    else this.onRequestStream(stream);
  }

  private onRequestStream(stream: QuicStream): void {
    if (stream.id >= this.shutdown.ownLimit) {
      stream.discard(Http3Code.RequestRejected);
      this.codec.cancel(stream.id);
      return;
    }
    this.config.tracer.onStreamType?.(stream.id, false, REQUEST);
    this.requests.add(new RequestStream(stream, this.host));
  }

  private onReset(streamId: number, code: number): void {
    const request = this.requests.get(streamId);
    if (request === undefined) return;
    const { isPending, hasHead } = request;
    this.fail(request, code, 'the peer reset the stream', true);
    // A stream that was reset before its first integer may have been one of an extension.
    const isRequest = hasHead || this.config.bidirectionalTypes.length === 0;
    if (isPending && isRequest) this.requests.onAbandoned();
  }

  private onStopped(streamId: number, code: number): void {
    if (this.own.has(streamId))
      throw connectionError(
        Http3Code.ClosedCriticalStream,
        'the peer stops a stream that the connection needs',
      );
    const request = this.requests.get(streamId);
    if (request === undefined) return this.onDelivered(streamId);
    if (request.isPending) this.requests.onAbandoned();
    request.onStopped(code);
  }

  /** The peer has all that was sent on a stream, or wants no more of it. */
  private onDelivered(streamId: number): void {
    this.requests.onDelivered(streamId);
    this.checkDrained();
  }

  private onDatagrams(): void {
    while (!this.isClosed) {
      const datagram = this.datagrams.receive();
      if (datagram === undefined) return;
      const { streamId, payload } = datagram;
      const request = this.requests.get(streamId);
      if (request !== undefined) this.guard(streamId, () => request.onDatagram(payload));
    }
  }

  private onGoAway(id: number): void {
    if (!this.shutdown.onGoAway(id)) return;
    this.events.push({ type: 'goaway' });
    if (this.connection.isClient)
      for (const request of this.requests.all())
        if (request.id >= id) this.fail(request, Http3Code.RequestRejected, 'the server goes', true);
    this.checkDrained();
  }

  private onRequest(request: RequestStream, head: RequestHead): void {
    const field = head.fields.find(({ name }) => name === 'priority');
    const priority = this.requests.takePriority(request.id) ?? (field && decodePriority(field.value));
    if (priority !== undefined) {
      request.setPriority(priority);
      this.config.tracer.onPriorityUpdated?.(request.id, priority);
    }
    this.events.push({ type: 'request', streamId: request.id, head });
  }

  private onPriorityUpdate(streamId: number, value: string): void {
    const { stream, priority } = this.requests.onPriorityUpdate(streamId, value);
    if (stream === undefined) return;
    stream.setPriority(priority);
    this.config.tracer.onPriorityUpdated?.(streamId, priority);
    this.events.push({ type: 'priority', streamId, priority });
  }

  /** Sections that waited for instructions of the peer's encoder. */
  private readUnblocked(): void {
    while (!this.isClosed) {
      const next = this.codec.nextUnblocked();
      if (next === undefined) return;
      const { streamId, section } = next;
      const request = this.requests.get(streamId);
      if (request === undefined) continue;
      this.guard(streamId, () => request.onUnblocked(section));
      this.settle(request);
    }
  }

  /** Run `act`, end a stream or the connection for what the peer did wrong, and send the instructions that are due. */
  private guard(streamId: number, act: () => void): void {
    try {
      act();
      this.own.sendInstructions(this.codec);
    } catch (error) {
      if (!(error instanceof Http3Error)) throw error;
      const request = this.requests.get(streamId);
      if (error.scope === 'connection' || request === undefined) return this.close(error.code, error.message);
      this.onStreamError(request, error);
    }
  }

  /** The peer broke a rule of one stream. A request that ends so is one that the client gave up. */
  private onStreamError(request: RequestStream, { code, message }: Http3Error): void {
    const isUnread = !this.connection.isClient && !request.hasHead;
    if (isUnread && code === Http3Code.ExcessiveLoad) refuseTooLarge(request);
    else this.fail(request, code, message, false);
    this.guard(-1, () => this.requests.onAbandoned());
  }

  /** A message will never be complete: tell it, unless nothing of it was told before, and give the stream up. */
  private fail(request: RequestStream, code: number, text: string, isRemote: boolean): void {
    const { hasHead, id: streamId } = request;
    // A server that has responded has processed the request, whatever it says. RFC 9114 §4.1.1
    const rejected = isRemote && this.connection.isClient && code === Http3Code.RequestRejected && !hasHead;
    if (hasHead || this.connection.isClient)
      this.events.push({ type: 'failed', streamId, code, text, isRemote, rejected });
    request.abandon(isRemote ? Http3Code.RequestCancelled : code);
  }

  private settle(request: RequestStream): void {
    if (!request.hasRead || !request.hasSent || !this.requests.release(request)) return;
    this.events.keep(request);
    this.checkDrained();
  }

  private checkDrained(): void {
    const isGoing = this.shutdown.isFinal || (this.connection.isClient && this.shutdown.isPeerGoing);
    const isIdle = this.requests.isIdle && this.own.control.isHeard;
    if (!isGoing || !isIdle || this.hasDrained || this.isClosed) return;
    this.hasDrained = true;
    this.events.push({ type: 'drained' });
  }

  private createHost(isServer: boolean): RequestStreamHost {
    const { extendedConnect, maxFieldSectionSize, bidirectionalTypes, tracer } = this.config;
    return {
      tracer,
      ...{ isServer, allowsProtocol: extendedConnect, maxFieldSectionSize, bidirectionalTypes },
      datagramMemory: new DatagramMemory(),
      peerFieldSectionSize: () => settingOf(this.peerSettings, SettingId.MaxFieldSectionSize, Infinity),
      fail: (stream, code, text) => this.fail(stream, code, text, false),
      emit: (event) => this.events.push(event),
      encode: (streamId, fields) => {
        const section = this.codec.encode(streamId, fields, this.own.unsentInstructions);
        this.guard(-1, () => this.own.sendInstructions(this.codec));
        return section;
      },
      decode: (streamId, section) => this.codec.decode(streamId, section),
      guard: (streamId, act) => this.guard(streamId, act),
      onAbandoned: (streamId) => this.guard(-1, () => this.codec.cancel(streamId)),
      settle: (stream) => this.settle(stream),
      sendDatagram: (streamId, payload) => this.datagrams.send(streamId, payload),
      sendPriority: (streamId, priority) =>
        this.guard(-1, () => this.control.sendPriorityUpdate(streamId, priority)),
      onRequest: (stream, head) => this.onRequest(stream, head),
    };
  }

  private createPeerStreams(isServer: boolean): PeerStreams {
    const { tracer } = this.config;
    const control = new ControlReader({
      ...{ isServer, tracer, extensionTypes: this.config.bidirectionalTypes },
      onSettings: (settings) => {
        this.settings.take(settings);
        tracer.onSettings?.(false, settings);
        this.codec.onSettings(settings);
        this.events.push({ type: 'settings', settings });
      },
      onGoAway: (id) => this.onGoAway(id),
      onPriorityUpdate: (streamId, value) => this.onPriorityUpdate(streamId, value),
    });
    const { streamTypes, bidirectionalTypes } = this.config;
    return new PeerStreams(
      {
        ...{ isServer, tracer, streamTypes, bidirectionalTypes },
        onExtensionStream: (streamId, streamType) =>
          this.events.push({ type: 'extension-stream', streamId, streamType }),
        onInstructions: () => this.readUnblocked(),
      },
      this.codec,
      control,
    );
  }
}

/** The answer to a request whose fields are more than is accepted: 431. RFC 9114 §4.2.2 */
function refuseTooLarge(request: RequestStream): void {
  request.stopReading();
  request.respond({ status: 431, fields: [] }, true);
}

/** What a tracer is told of a stream that is a request. */
const REQUEST = -1;

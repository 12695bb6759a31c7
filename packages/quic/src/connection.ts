import { X509Certificate } from 'node:crypto';
import type {
  Address,
  ConnectionStatistics,
  PathStatistics,
  QuicConnection as ConnectionHandle,
  QuicEvent,
  QuicStream as StreamHandle,
  RememberedPath,
} from '@tsquic/quic-core';
import { unlessAborted, whenAborted } from './abort.ts';
import { type CloseInfo, closeOutcome } from './close-outcome.ts';
import { Deferred } from './deferred.ts';
import { publish } from './diagnostics.ts';
import type { Endpoint } from './endpoint.ts';
import { QuicError } from './errors.ts';
import { IncomingQueue } from './incoming-queue.ts';
import { type StreamHost, StreamLink } from './stream-link.ts';
import { StreamOpenings } from './stream-openings.ts';
import { linkOf, QuicStream } from './stream.ts';
import { use } from './usage.ts';

/** Options of `QuicConnection.openStream`. */
export interface OpenStreamOptions {
  /** Only this side sends. Default false. */
  readonly unidirectional?: boolean;
  /**
   * Wait while the peer's limit on open streams stands in the way (RFC 9000 §4.6); false rejects with
   * `ERR_QUIC_STREAMS_UNAVAILABLE` instead. Default true.
   */
  readonly waitUntilAvailable?: boolean;
  /** Ends the waiting, and later the stream, both ways; what waits on it then fails with `signal.reason`. */
  readonly signal?: AbortSignal;
}

/** Options of `QuicConnection.close`. */
export interface CloseOptions {
  /** Application error code, 0 to 2^53-1. Default 0. */
  readonly code?: number;
  /** For people; at most 256 bytes of UTF-8 travel. Default ''. */
  readonly reason?: string;
}

/** What `ready` and the properties of a connection tell once its handshake is complete. */
interface HandshakeFacts {
  readonly alpn: string;
  readonly serverName: string;
  readonly cipherSuite: string;
  readonly resumed: boolean;
  readonly peerCertificates: readonly Uint8Array[];
}

/** What a connection hears from whoever makes it. */
export interface ConnectionSetup {
  readonly endpoint: Endpoint;
  readonly handle: ConnectionHandle;
  readonly signal?: AbortSignal | undefined;
  readonly onConnected?: (connection: QuicConnection) => void;
  readonly onClosed?: (connection: QuicConnection, error: unknown) => void;
  readonly onSession?: ((session: Uint8Array) => void) | undefined;
  readonly onToken?: ((token: Uint8Array) => void) | undefined;
}

/**
 * A connection with its handshake complete, from `connect` or a listener. Iterating it takes the streams that the
 * peer opens; the iteration ends with the connection, and throws when that is a failure.
 */
export class QuicConnection implements AsyncIterable<QuicStream> {
  /**
   * Resolves when the handshake is confirmed (RFC 9001 §4.1.2): a client then knows that the server has accepted
   * it, its certificate included. Rejects when the connection ends before.
   */
  readonly ready: Promise<void>;
  /**
   * Resolves when either application has closed the connection, whatever the code, and rejects with the `QuicError`
   * when it was lost or failed, or with the reason of the signal that ended it.
   */
  readonly closed: Promise<CloseInfo>;
  /** Where this end's socket is bound. */
  readonly localAddress: Address;
  private readonly setup: ConnectionSetup;
  private readonly handle: ConnectionHandle;
  private readonly host: StreamHost;
  private readonly confirmed = new Deferred<void>().optional();
  private readonly end = new Deferred<CloseInfo>().optional();
  private readonly links = new Map<number, StreamLink>();
  private readonly incoming = new IncomingQueue<QuicStream>();
  private readonly bidirectional: StreamOpenings;
  private readonly unidirectional: StreamOpenings;
  private readonly releaseSignal: () => void;
  private facts: HandshakeFacts = NO_FACTS;
  private certificate: X509Certificate | undefined = undefined;
  private aborted: { readonly reason: unknown } | undefined = undefined;
  private ended: { readonly error: unknown } | undefined = undefined;
  private finishing: Deferred<void> | undefined = undefined;

  constructor(setup: ConnectionSetup) {
    const { endpoint, handle, signal } = setup;
    this.setup = setup;
    this.handle = handle;
    this.ready = this.confirmed.promise;
    this.closed = this.end.promise;
    this.localAddress = endpoint.local;
    this.host = { wake: () => endpoint.wake(), onSendingOver: () => this.checkFinished() };
    this.bidirectional = new StreamOpenings(handle, false);
    this.unidirectional = new StreamOpenings(handle, true);
    endpoint.join(handle, (event) => this.onEvent(event));
    this.releaseSignal = whenAborted(signal, (reason) => this.abort(reason));
  }

  /** The application protocol that both sides agreed on. RFC 7301 */
  get alpnProtocol(): string {
    return this.facts.alpn;
  }

  /** The name the client asked for; '' when it sent none. */
  get servername(): string {
    return this.facts.serverName;
  }

  /** The cipher suite in use, as in 'TLS_AES_128_GCM_SHA256'. */
  get cipher(): string {
    return this.facts.cipherSuite;
  }

  /** The handshake resumed an earlier session. */
  get resumed(): boolean {
    return this.facts.resumed;
  }

  /**
   * The certificate that the peer has proven to be its own, with names, dates and `raw` (DER); undefined where it
   * showed none, as clients seldom do, or where the session was resumed.
   */
  get peerCertificate(): X509Certificate | undefined {
    const [leaf] = this.facts.peerCertificates;
    if (leaf !== undefined) this.certificate ??= new X509Certificate(leaf);
    return this.certificate;
  }

  /** The chain that the peer showed, DER, leaf first. */
  get peerCertificates(): readonly Uint8Array[] {
    return this.facts.peerCertificates;
  }

  get isClient(): boolean {
    return this.handle.isClient;
  }

  /** Where the peer is now. */
  get remoteAddress(): Address {
    return this.handle.remoteAddress;
  }

  /** Original destination connection ID, hexadecimal: the name of this connection in logs and traces. */
  get logId(): string {
    return this.handle.logId;
  }

  /** Counters and estimates of now, or of the end. Times are in microseconds. */
  statistics(): ConnectionStatistics {
    return this.handle.statistics();
  }

  /** The same of every path that the connection remembers; the one in use comes first. RFC 9000 §9 */
  pathStatistics(): readonly PathStatistics[] {
    return this.handle.pathStatistics();
  }

  /**
   * What the path in use has taught, for `rememberedPath` of the next `connect`; undefined while that is nothing. Also
   * after the end.
   */
  get rememberedPath(): RememberedPath | undefined {
    return this.handle.rememberedPath;
  }

  /**
   * Keep the program running while this connection is open, as it does at first. Of a listener's connection this does
   * nothing: the listener has the socket.
   */
  ref(): this {
    if (this.isClient) this.setup.endpoint.keepAlive(true);
    return this;
  }

  /** Let the program end while this connection is open: the peer then hears nothing of its end. */
  unref(): this {
    if (this.isClient) this.setup.endpoint.keepAlive(false);
    return this;
  }

  /** Keying material that only the two ends know. RFC 8446 §7.5 */
  exportKeyingMaterial(length: number, label: string, context: Uint8Array = new Uint8Array(0)): Uint8Array {
    return use(() => this.handle.exportKeyingMaterial(label, context, length));
  }

  /**
   * Open a stream. The peer hears of it with its first bytes. Rejects with `ERR_QUIC_CLOSED` or the connection's
   * failure once it has ended.
   */
  async openStream(options: OpenStreamOptions = {}): Promise<QuicStream> {
    const { unidirectional = false, waitUntilAvailable = true, signal } = options;
    signal?.throwIfAborted();
    if (this.ended !== undefined) throw this.ended.error;
    if (this.finishing !== undefined) throw new QuicError('ERR_QUIC_CLOSED', 'the connection is finishing');
    const openings = unidirectional ? this.unidirectional : this.bidirectional;
    const opened = openings.open(waitUntilAvailable);
    let handle: StreamHandle;
    if (opened instanceof Deferred) {
      const release = whenAborted(signal, () => openings.leave(opened));
      handle = await unlessAborted(opened.promise, signal).finally(release);
    } else handle = opened;
    const stream = this.adopt(handle);
    const link = linkOf(stream);
    link.releaseSignal = whenAborted(signal, (reason) => link.abort(0, reason));
    return stream;
  }

  /** The streams that the peer opens, in order. */
  [Symbol.asyncIterator](): AsyncIterableIterator<QuicStream> {
    return this.incoming.iterate();
  }

  /**
   * End the connection now. What was written and not yet acknowledged is lost, and so is what the peer has not yet
   * read; `finish` waits instead. Resolves when the end is on its way.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    use(() => this.handle.close(options.code, options.reason));
    this.host.wake();
    await this.closed.then(nothing, nothing);
  }

  /**
   * End the connection once every stream that was written to here has been ended and the peer has acknowledged all
   * of it. New streams are refused from now on. Rejects with the signal's reason, and closes at once, when that is
   * aborted first; with the connection's failure when it is lost on the way.
   */
  async finish(options: CloseOptions & { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.finishing ??= new Deferred<void>().optional();
    this.checkFinished();
    try {
      await unlessAborted(this.finishing.promise, options.signal);
    } finally {
      await this.close(options);
    }
  }

  /** The same as `close()`: use `finish` for data that must arrive. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private abort(reason: unknown): void {
    if (this.ended !== undefined) return;
    this.aborted = { reason };
    this.handle.close();
    this.host.wake();
  }

  private onEvent(event: QuicEvent): void {
    switch (event.type) {
      case 'connected':
        this.onConnected(event);
        break;
      case 'confirmed':
        this.confirmed.resolve();
        break;
      case 'stream-opened':
        this.onStreamOpened(event.streamId);
        break;
      case 'streams-available':
        (event.unidirectional ? this.unidirectional : this.bidirectional).onAvailable();
        break;
      case 'stream-released':
        this.onStreamReleased(event.streamId);
        break;
      case 'ticket':
        this.setup.onSession?.(event.ticket);
        break;
      case 'token':
        this.setup.onToken?.(event.token);
        break;
      case 'closed':
        this.onClosed(event);
        break;
      default:
        if ('streamId' in event) this.links.get(event.streamId)?.onEvent(event);
    }
  }

  private onConnected(event: Extract<QuicEvent, { type: 'connected' }>): void {
    const { alpn, serverName, cipherSuite, resumed, peerCertificates } = event;
    this.facts = { alpn, serverName, cipherSuite, resumed, peerCertificates };
    publish('tsquic.connection.open', () => ({ connection: this }));
    this.setup.onConnected?.(this);
  }

  private onStreamOpened(streamId: number): void {
    const handle = this.handle.stream(streamId);
    // Opened and reset before anybody looked.
    if (handle !== undefined) this.incoming.push(this.adopt(handle));
  }

  private onStreamReleased(streamId: number): void {
    this.links.get(streamId)?.releaseSignal();
    this.links.delete(streamId);
    // Reset before anybody took it. The peer may open another in its place, so it must not wait here.
    this.incoming.remove(({ id }) => id === streamId);
    publish('tsquic.stream.closed', () => ({ connection: this, streamId }));
  }

  private onClosed(event: Extract<QuicEvent, { type: 'closed' }>): void {
    const outcome = closeOutcome(event.reason);
    const info = this.aborted === undefined ? outcome.info : undefined;
    const error = this.aborted === undefined ? outcome.error : this.aborted.reason;
    this.ended = { error };
    this.releaseSignal();
    for (const link of this.links.values()) link.onConnectionEnd(error);
    this.bidirectional.fail(error);
    this.unidirectional.fail(error);
    this.confirmed.reject(error);
    this.finishing?.reject(error);
    if (info === undefined) this.end.reject(error);
    else this.end.resolve(info);
    this.incoming.end(info === undefined ? error : undefined);
    publish('tsquic.connection.closed', () => ({ connection: this, info, error }));
    this.setup.onClosed?.(this, error);
  }

  private adopt(handle: StreamHandle): QuicStream {
    const link = new StreamLink(handle, this.host);
    const stream = new QuicStream(link);
    // It ended while its opening was on the way here.
    if (this.ended !== undefined) link.onConnectionEnd(this.ended.error);
    else this.links.set(handle.id, link);
    publish('tsquic.stream.open', () => ({ connection: this, stream }));
    return stream;
  }

  private checkFinished(): void {
    if (this.finishing === undefined) return;
    for (const { sending } of this.links.values()) {
      if (sending !== undefined && sending.used && !sending.over) return;
    }
    this.finishing.resolve();
  }
}

function nothing(): void {}

const NO_FACTS: HandshakeFacts = {
  alpn: '',
  serverName: '',
  cipherSuite: '',
  resumed: false,
  peerCertificates: [],
};

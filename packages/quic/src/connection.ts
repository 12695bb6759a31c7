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
import { checkClose, checkCode } from './close-options.ts';
import { Deferred, optional } from './deferred.ts';
import { publish } from './diagnostics.ts';
import type { Endpoint } from './endpoint.ts';
import { QuicError } from './errors.ts';
import { Finishing } from './finishing.ts';
import { IncomingQueue } from './incoming-queue.ts';
import { addressText, type Facts, showAs } from './inspection.ts';
import { checkFinishNames, checkOpenStreamNames } from './option-names.ts';
import type { CloseOptions, FinishOptions, OpenStreamOptions } from './options.ts';
import { tellProgram } from './program-fault.ts';
import { type StreamHost, StreamLink } from './stream-link.ts';
import { StreamOpenings } from './stream-openings.ts';
import { linkOf, QuicStream } from './stream.ts';
import { use } from './usage.ts';

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
  /** Where this end's socket is bound. */
  readonly localAddress: Address;
  private readonly setup: ConnectionSetup;
  private readonly handle: ConnectionHandle;
  private readonly host: StreamHost;
  private readonly confirmed = new Deferred<void>().optional();
  private readonly end = new Deferred<CloseInfo>().optional();
  /** Somebody waits for the end. */
  private readonly endAwaited = new Deferred<void>();
  private readonly links = new Map<number, StreamLink>();
  private readonly incoming = new IncomingQueue<QuicStream>();
  /** Calls of `openStream` that wait. */
  private openingCount = 0;
  private readonly bidirectional: StreamOpenings;
  private readonly unidirectional: StreamOpenings;
  private readonly releaseSignal: () => void;
  private facts: HandshakeFacts = NO_FACTS;
  private certificate: X509Certificate | undefined = undefined;
  private aborted: { readonly reason: unknown } | undefined = undefined;
  private ended: { readonly error: unknown; readonly isFailure: boolean } | undefined = undefined;
  private takesStreams = true;
  private finishing: Finishing | undefined = undefined;

  static {
    showAs(QuicConnection.prototype, 'QuicConnection', (connection) => connection.summary());
  }

  constructor(setup: ConnectionSetup) {
    const { endpoint, handle, signal } = setup;
    this.setup = setup;
    this.handle = handle;
    this.ready = this.confirmed.promise;
    this.localAddress = endpoint.local;
    this.host = { wake: () => endpoint.wake(), onHalfOver: () => this.finishing?.check() };
    this.incoming.onAbandoned = () => this.finishing?.check();
    this.bidirectional = new StreamOpenings(handle, false);
    this.unidirectional = new StreamOpenings(handle, true);
    endpoint.join(handle, (event) => this.onEvent(event));
    this.releaseSignal = whenAborted(signal, (reason) => this.abort(reason));
    controls.set(this, {
      takeNoMoreStreams: () => this.takeNoMoreStreams(),
      refuse: () => this.refuse(),
      endAwaited: this.endAwaited.promise,
    });
  }

  /**
   * Resolves when either application has closed the connection, whatever the code, and rejects with the `QuicError`
   * when it was lost or failed, or with the reason of the signal that ended it.
   */
  get closed(): Promise<CloseInfo> {
    this.endAwaited.resolve();
    return this.end.promise;
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
   * showed none, as clients seldom do, or one that this runtime cannot read, and on a client where the session was resumed.
   */
  get peerCertificate(): X509Certificate | undefined {
    const [leaf] = this.facts.peerCertificates;
    if (leaf !== undefined) this.certificate ??= readCertificate(leaf);
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
  openStream(options: OpenStreamOptions = {}): Promise<QuicStream> {
    try {
      checkOpenStreamNames(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return optional(this.openNow(options));
  }

  /** The streams that the peer opens, in order. */
  [Symbol.asyncIterator](): AsyncIterableIterator<QuicStream> {
    return this.incoming.iterate();
  }

  /**
   * End the connection now. What was written and not yet acknowledged is lost, and so is what the peer has not yet
   * read; `finish` waits instead. Resolves when the end is on its way.
   */
  close(options: CloseOptions = {}): Promise<void> {
    try {
      checkClose(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.closeNow(options);
  }

  /**
   * End the connection in good order. New streams are refused from now on, on both sides; then it waits until every
   * stream in use has ended: what was written is ended and acknowledged, what is read was read to its end, and streams of
   * the peer's that wait to be taken or answered were. Then it closes.
   *
   * Rejects with the signal's reason, and closes at once, when that is aborted first; with the connection's failure when
   * it ends on the way. Nobody needs to look at the promise.
   */
  finish(options: FinishOptions = {}): Promise<void> {
    try {
      checkFinishNames(options);
      checkCode(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return optional(this.finishNow(options));
  }

  /** The same as `close()`: use `finish` for data that must arrive. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async openNow(options: OpenStreamOptions): Promise<QuicStream> {
    const { unidirectional = false, waitUntilAvailable = true, signal } = options;
    signal?.throwIfAborted();
    if (this.ended !== undefined) throw this.ended.error;
    if (this.finishing !== undefined) throw new QuicError('ERR_QUIC_CLOSED', 'the connection is finishing');
    const openings = unidirectional ? this.unidirectional : this.bidirectional;
    const opened = openings.open(waitUntilAvailable);
    const handle = opened instanceof Deferred ? await this.waitFor(opened, openings, signal) : opened;
    const stream = this.adopt(handle);
    const link = linkOf(stream);
    link.releaseSignal = whenAborted(signal, (reason) => link.abort(0, reason));
    return stream;
  }

  private async closeNow({ code, reason }: CloseOptions): Promise<void> {
    this.handle.close(code, reason);
    this.host.wake();
    await this.end.promise.then(nothing, nothing);
  }

  private async finishNow(options: FinishOptions): Promise<void> {
    const { signal } = options;
    if (this.ended !== undefined) {
      if (this.ended.isFailure) throw this.ended.error;
      return;
    }
    this.takeNoMoreStreams();
    this.finishing ??= new Finishing(
      () => this.isBusy,
      (task) => this.setup.endpoint.soon(task),
    );
    try {
      await unlessAborted(this.finishing.done, signal);
    } finally {
      await this.closeNow(options);
    }
  }

  /** Streams that have arrived can still be taken; later ones are refused. */
  private takeNoMoreStreams(): void {
    this.takesStreams = false;
    this.incoming.end();
  }

  private refuse(): void {
    this.handle.refuse();
    this.host.wake();
  }

  /** Somebody still waits for a stream, or for something of one. */
  private get isBusy(): boolean {
    if (this.openingCount > 0 || this.incoming.isAwaited) return true;
    for (const link of this.links.values()) if (link.inUse) return true;
    return false;
  }

  private async waitFor(
    place: Deferred<StreamHandle>,
    openings: StreamOpenings,
    signal: AbortSignal | undefined,
  ): Promise<StreamHandle> {
    this.openingCount++;
    const release = whenAborted(signal, () => openings.leave(place));
    try {
      return await unlessAborted(place.promise, signal);
    } finally {
      release();
      this.openingCount--;
      // Whoever gets the stream begins to use it in this turn.
      this.finishing?.checkSoon();
    }
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
        tellProgram('the callback onSession', this.setup.onSession, event.ticket);
        break;
      case 'token':
        tellProgram('the callback onToken', this.setup.onToken, event.token);
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
    if (handle === undefined) return;
    const stream = this.adopt(handle);
    if (this.takesStreams) this.incoming.push(stream);
    else linkOf(stream).abort(0, new QuicError('ERR_QUIC_CLOSED', 'the connection is finishing'));
  }

  private onStreamReleased(streamId: number): void {
    this.links.get(streamId)?.releaseSignal();
    this.links.delete(streamId);
    // Reset before anybody took it. The peer may open another in its place, so it must not wait here.
    this.incoming.remove(({ id }) => id === streamId);
    this.finishing?.check();
    publish('tsquic.stream.closed', () => ({ connection: this, streamId }));
  }

  private onClosed(event: Extract<QuicEvent, { type: 'closed' }>): void {
    const outcome = closeOutcome(event.reason);
    const info = this.aborted === undefined ? outcome.info : undefined;
    const error = this.aborted === undefined ? outcome.error : this.aborted.reason;
    const isCutShort = this.isBusy;
    this.ended = { error, isFailure: info === undefined || (isCutShort && info.remote) };
    // Before the streams end, which leaves nothing to wait for.
    if (info === undefined || isCutShort) this.finishing?.fail(error);
    this.releaseSignal();
    for (const link of this.links.values()) link.onConnectionEnd(error);
    this.bidirectional.fail(error);
    this.unidirectional.fail(error);
    this.confirmed.reject(error);
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

  private summary(): Facts {
    const { state, smoothedRttUs, bytesSent, bytesReceived } = this.statistics();
    const { alpn, serverName, cipherSuite } = this.facts;
    return {
      side: this.isClient ? 'client' : 'server',
      state,
      remote: addressText(this.remoteAddress),
      local: addressText(this.localAddress),
      alpn,
      servername: serverName,
      cipher: cipherSuite,
      streams: this.links.size,
      rttMs: Math.round(smoothedRttUs / 10) / 100,
      bytesSent,
      bytesReceived,
      logId: this.logId,
      ...(this.ended === undefined ? {} : { end: String(this.ended.error) }),
    };
  }
}

/** What a listener may do to its connections. */
export interface ConnectionControl {
  /** The iteration of streams ends after those that have arrived; later ones are refused. */
  takeNoMoreStreams(): void;
  /** End it with CONNECTION_REFUSED. RFC 9000 §5.2.2 */
  refuse(): void;
  /** Resolves when somebody looks at `closed`: whoever waits for the end must not be waited for before it. */
  readonly endAwaited: Promise<void>;
}

/** The controls of a connection, for its listener. */
export function controlOf(connection: QuicConnection): ConnectionControl {
  return controls.get(connection)!;
}

const controls = new WeakMap<QuicConnection, ConnectionControl>();

/** What a peer shows need not be to the liking of OpenSSL; `peerCertificates` has it in any case. */
function readCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
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

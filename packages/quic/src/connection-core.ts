import type { Alarm, ConnectionHandlers, EventOf, StreamHandlers, UdpKind } from '@tsquic/event-adapters';
import type {
  CloseReason,
  DatagramOutcome,
  QuicConnection as ConnectionHandle,
  QuicStream as StreamHandle,
  Tracer,
} from '@tsquic/quic-core';
import { encodeKeptToken } from './kept-token.ts';
import { unlessAborted, whenAborted } from './abort.ts';
import type { Berth } from './client-endpoint.ts';
import { ClientMoves } from './client-moves.ts';
import { ClientPaths } from './client-paths.ts';
import { type CloseInfo, closeOutcome } from './close-outcome.ts';
import type { QuicConnection } from './connection.ts';
import { ConnectionStreams } from './connection-streams.ts';
import { eventsOf, QuicDatagrams } from './datagrams.ts';
import { Deferred } from './deferred.ts';
import { publish } from './diagnostics.ts';
import type { Endpoint } from './endpoint.ts';
import { QuicError } from './errors.ts';
import { Finishing } from './finishing.ts';
import type {
  CloseOptions,
  FinishOptions,
  OpenStreamOptions,
  PathEvent,
  PathQualityEvent,
  PathStateEvent,
  SharedReplayStore,
} from './options.ts';
import { reportFault, tellProgram } from './program-fault.ts';
import type { QuicStream } from './stream.ts';

/** The results of a complete handshake. */
export type HandshakeFacts = Pick<
  EventOf<'connected'>,
  'alpn' | 'serverName' | 'cipherSuite' | 'group' | 'resumed' | 'peerCertificates'
>;

/** Callbacks and options of the code that makes connections, which those of a listener share. */
export interface ConnectionSetup {
  readonly endpoint: Endpoint;
  /** A client's place on its socket. */
  readonly berth?: Berth;
  readonly signal?: AbortSignal | undefined;
  readonly onConnected?: (connection: QuicConnection) => void;
  readonly onClosed?: (connection: QuicConnection, error: unknown) => void;
  /** A client's early data can be read before its handshake is complete. */
  readonly onEarlyData?: (connection: QuicConnection) => void;
  /** The store of used tickets; undefined when the core has one. */
  readonly replayStore?: SharedReplayStore | undefined;
  readonly onSession?: ((session: Uint8Array) => void) | undefined;
  readonly onToken?: ((token: Uint8Array) => void) | undefined;
  readonly onPath?: ((event: PathEvent, connection: QuicConnection) => void) | undefined;
  readonly onPathQuality?: ((event: PathQualityEvent, connection: QuicConnection) => void) | undefined;
  readonly onPathState?: ((event: PathStateEvent, connection: QuicConnection) => void) | undefined;
  /** Whether a client migrates to its server's preferred address. */
  readonly followsPreferred?: boolean;
  /** What further sockets are opened through. */
  readonly udp?: UdpKind | undefined;
}

/** The implementation of a `QuicConnection`: handles its events, and its end. */
export class ConnectionCore implements ConnectionHandlers {
  readonly streams: ConnectionStreams;
  readonly confirmed: Deferred<void> = new Deferred<void>().optional();
  readonly end: Deferred<CloseInfo> = new Deferred<CloseInfo>().optional();
  /** Resolved when a caller waits for the end. */
  readonly endAwaited: Deferred<void> = new Deferred<void>();
  /** Whether a protocol above closes the connection when nothing of it is under way, also where a program waits for the end. */
  finishesItself = false;
  facts: HandshakeFacts = NO_FACTS;
  ended: { readonly error: unknown; readonly isFailure: boolean } | undefined = undefined;
  private readonly connection: QuicConnection;
  private readonly setup: ConnectionSetup;
  readonly handle: ConnectionHandle;
  /** What watches the context, where the program has named it. */
  readonly tracer: Tracer | undefined;
  private readonly releaseSignal: () => void;
  /** Undefined on servers, which do not migrate. */
  readonly moves: ClientMoves | undefined;
  private aborted: { readonly reason: unknown } | undefined = undefined;
  private finishing: Finishing | undefined = undefined;
  private madeClientPaths: ClientPaths | undefined = undefined;
  private ownDatagrams: QuicDatagrams | undefined = undefined;
  /** The handlers of a program that has taken the events; they are called besides this object. */
  private taker: ConnectionHandlers | undefined = undefined;

  constructor(connection: QuicConnection, handle: ConnectionHandle, setup: ConnectionSetup) {
    const { endpoint, signal } = setup;
    this.connection = connection;
    this.setup = setup;
    this.tracer = endpoint.tracer;
    this.handle = handle;
    this.moves = handle.isClient ? new ClientMoves(endpoint, handle, setup.udp) : undefined;
    this.streams = new ConnectionStreams(endpoint, handle, connection);
    endpoint.follow(handle, this);
    this.releaseSignal = whenAborted(signal, (reason) => this.abort(reason));
  }

  /** What the sockets are opened through. */
  get udp(): string {
    return this.setup.endpoint.udp;
  }

  async open(options: OpenStreamOptions): Promise<QuicStream> {
    options.signal?.throwIfAborted();
    if (this.ended !== undefined) throw this.ended.error;
    if (this.finishing !== undefined) throw new QuicError('ERR_QUIC_CLOSED', 'the connection is finishing');
    return this.streams.open(options);
  }

  async close({ code, reason }: CloseOptions): Promise<void> {
    this.handle.close(code, reason);
    this.wake();
    await this.end.promise.then(nothing, nothing);
  }

  async finish(options: FinishOptions): Promise<void> {
    const { signal } = options;
    if (this.ended !== undefined) {
      if (this.ended.isFailure) throw this.ended.error;
      return;
    }
    this.streams.takeNoMore();
    this.finishing ??= new Finishing(
      () => this.streams.isBusy,
      (task) => this.setup.endpoint.soon(task),
    );
    this.streams.finishing = this.finishing;
    try {
      await unlessAborted(this.finishing.done, signal);
    } finally {
      await this.close(options);
    }
  }

  /** Close with CONNECTION_REFUSED. RFC 9000 §5.2.2 */
  refuse(): void {
    this.handle.refuse();
    this.wake();
  }

  /** Pass events to these handlers: see `takeEvents`. */
  takeEvents(taker: ConnectionHandlers): void {
    this.taker = taker;
    this.streams.handOver((stream) => taker.onStream?.(stream));
    const { closeReason } = this.handle;
    // The end was dispatched before.
    if (this.ended !== undefined && closeReason !== undefined) taker.onClosed?.(closeReason);
  }

  /** Make an alarm of the endpoint's clock, which does not keep the program running by itself. */
  createAlarm(task: () => void): Alarm {
    return this.setup.endpoint.createAlarm(task);
  }

  /** The time of the endpoint's clock, microseconds. */
  nowUs(): number {
    return this.setup.endpoint.nowUs();
  }

  /** The connection has something to send. */
  wake(): void {
    this.setup.endpoint.wake();
  }

  onConnected(facts: HandshakeFacts): void {
    const { alpn, serverName, cipherSuite, group, resumed, peerCertificates } = facts;
    this.facts = { alpn, serverName, cipherSuite, group, resumed, peerCertificates };
    publish('tsquic.connection.open', () => ({ connection: this.connection }));
    this.setup.onConnected?.(this.connection);
  }

  onEarlyData({ state, alpn, serverName, isResent }: EventOf<'early-data'>): void {
    this.facts = { ...this.facts, alpn, serverName };
    if (state === 'accepted' && this.setup.replayStore === undefined)
      this.setup.onEarlyData?.(this.connection);
    if (state === 'rejected' && isResent === false)
      this.streams.fail(
        new QuicError(
          'ERR_QUIC_EARLY_DATA_REJECTED',
          'the server agreed on another protocol than early data was for',
        ),
      );
  }

  onEarlyDataUse(id: Uint8Array, expiresAtMs: number): void {
    const { replayStore, onEarlyData } = this.setup;
    void askStore(replayStore, id, expiresAtMs).then((isFirstUse) => {
      this.handle.earlyDataVerdict(isFirstUse);
      if (isFirstUse && this.ended === undefined) onEarlyData?.(this.connection);
      this.wake();
    });
  }

  onConfirmed(): void {
    this.confirmed.resolve();
    if (this.setup.followsPreferred === true) this.moves?.followPreferred();
    this.taker?.onConfirmed?.();
  }

  onStream(stream: StreamHandle): StreamHandlers | undefined {
    return this.taker === undefined ? this.streams.onOpened(stream) : this.taker.onStream?.(stream);
  }

  onStreamsAvailable(unidirectional: boolean): void {
    this.streams.onAvailable(unidirectional);
    this.taker?.onStreamsAvailable?.(unidirectional);
  }

  onTicket(ticket: Uint8Array): void {
    tellProgram('the callback onSession', this.setup.onSession, ticket);
  }

  onToken(token: Uint8Array, tokenVersion: number): void {
    tellProgram('the callback onToken', this.setup.onToken, encodeKeptToken({ token, tokenVersion }));
  }

  /** A client's further paths, made at first use; undefined on servers, which open none. */
  get clientPaths(): ClientPaths | undefined {
    const { handle, setup } = this;
    if (handle.isClient) this.madeClientPaths ??= new ClientPaths(setup.endpoint, handle, setup.udp);
    return this.madeClientPaths;
  }

  /** Made at first use; datagrams that come before wait in the core. */
  get datagrams(): QuicDatagrams {
    if (this.ownDatagrams === undefined) {
      this.ownDatagrams = new QuicDatagrams(this.setup.endpoint, this.handle);
      if (this.ended !== undefined) endDatagrams(this.ownDatagrams, this.ended);
    }
    return this.ownDatagrams;
  }

  onDatagramReadable(): void {
    if (this.taker !== undefined) this.taker.onDatagramReadable?.();
    else if (this.ownDatagrams !== undefined) eventsOf(this.ownDatagrams).onReadable();
  }

  onDatagramWritable(): void {
    this.taker?.onDatagramWritable?.();
  }

  onDatagramOutcome(tag: number, outcome: DatagramOutcome): void {
    if (this.taker !== undefined) this.taker.onDatagramOutcome?.(tag, outcome);
    else if (this.ownDatagrams !== undefined) eventsOf(this.ownDatagrams).onOutcome(tag, outcome);
  }

  onDatagramSize(maxBytes: number): void {
    if (this.ownDatagrams !== undefined) eventsOf(this.ownDatagrams).onSize(maxBytes);
    this.taker?.onDatagramSize?.(maxBytes);
  }

  onDatagramsDropped(total: number): void {
    this.taker?.onDatagramsDropped?.(total);
  }

  onPath(event: EventOf<'path'>): void {
    this.moves?.onPath(event);
    const { change, pathId = 0, local, remote } = event;
    const { onPath } = this.setup;
    if (onPath !== undefined)
      tellProgram('the callback onPath', (told: PathEvent) => onPath(told, this.connection), {
        change,
        pathId,
        local,
        remote,
      });
    this.taker?.onPath?.(event);
  }

  onPathState(event: EventOf<'path-state'>): void {
    this.clientPaths?.onPathState(event, () => this.moves!.onFirstAbandoned());
    const { pathId, state, code, local, remote } = event;
    const { onPathState } = this.setup;
    if (onPathState !== undefined)
      tellProgram('the callback onPathState', (told: PathStateEvent) => onPathState(told, this.connection), {
        pathId,
        state,
        code,
        local,
        remote,
      });
    this.taker?.onPathState?.(event);
  }

  onPathQuality(event: EventOf<'path-quality'>): void {
    const { pathId, smoothedRttUs, bytesPerSecond } = event;
    const { onPathQuality } = this.setup;
    if (onPathQuality !== undefined) {
      const tell = (told: PathQualityEvent): void => onPathQuality(told, this.connection);
      tellProgram('the callback onPathQuality', tell, { pathId, smoothedRttUs, bytesPerSecond });
    }
    this.taker?.onPathQuality?.(event);
  }

  onWake(): void {
    this.taker?.onWake?.();
  }

  onClosed(reason: CloseReason): void {
    const outcome = closeOutcome(reason);
    const info = this.aborted === undefined ? outcome.info : undefined;
    const error = this.aborted === undefined ? outcome.error : this.aborted.reason;
    const isCutShort = this.streams.isBusy;
    this.ended = { error, isFailure: info === undefined || (isCutShort && info.remote) };
    // This comes before the streams end, after which `finish` would wait for nothing.
    if (info === undefined || isCutShort) this.finishing?.fail(error);
    this.releaseSignal();
    this.streams.end(error);
    this.confirmed.reject(error);
    this.moves?.onClosed(error);
    this.madeClientPaths?.onClosed(error);
    if (info === undefined) this.end.reject(error);
    else this.end.resolve(info);
    endDatagrams(this.ownDatagrams, this.ended);
    this.streams.incoming.end(info === undefined ? error : undefined);
    publish('tsquic.connection.closed', () => ({ connection: this.connection, info, error }));
    this.setup.onClosed?.(this.connection, error);
    this.taker?.onClosed?.(reason);
  }

  private abort(reason: unknown): void {
    if (this.ended !== undefined) return;
    this.aborted = { reason };
    this.handle.close();
    this.wake();
  }
}

function nothing(): void {}

function endDatagrams(
  datagrams: QuicDatagrams | undefined,
  { error, isFailure }: { readonly error: unknown; readonly isFailure: boolean },
): void {
  if (datagrams !== undefined) eventsOf(datagrams).end(error, isFailure);
}

/**
 * Ask the store. A store that fails is an error of the program; no data is accepted before the handshake is
 * complete then.
 */
async function askStore(
  store: SharedReplayStore | undefined,
  id: Uint8Array,
  expiresAtMs: number,
): Promise<boolean> {
  try {
    return (await store?.use(id, expiresAtMs)) === true;
  } catch (error) {
    reportFault('earlyData.replayStore', error);
    return false;
  }
}

const NO_FACTS: HandshakeFacts = {
  alpn: '',
  serverName: '',
  cipherSuite: '',
  group: '',
  resumed: false,
  peerCertificates: [],
};

import { createNodeProvider } from '@tsquic/crypto/node';
import { Http3Connection, type Http3Options } from '@tsquic/http3';
import type { QuicConnection } from '@tsquic/quic-core';
import { createPair, type Pair, type PairOptions, type Peer } from '@tsquic/simulator';
import {
  ClientSessions,
  type DataStream,
  type DataStreamHandlers,
  EngineHost,
  http3OptionsFor,
  ServerSessions,
  type Session,
  sessionConfigOf,
  type SessionEnd,
  type SessionHandlers,
  type SessionOptions,
  type SessionRequest,
  type SessionTarget,
} from '@tsquic/webtransport/session';

/** What one session was told, with the bytes of its streams and its datagrams. */
export class Log implements SessionHandlers {
  session: Session | undefined = undefined;
  readonly told: string[] = [];
  readonly ends: SessionEnd[] = [];
  readonly datagrams: Uint8Array[] = [];
  readonly streams: StreamLog[] = [];
  /** Whether streams of the peer are read. */
  reads = true;

  onOpen(): void {
    this.told.push('open');
  }

  onStream(stream: DataStream): StreamLog {
    const log = new StreamLog(stream, this.reads);
    this.streams.push(log);
    return log;
  }

  onDatagram(): void {
    for (
      let next = this.session?.receiveDatagram();
      next !== undefined;
      next = this.session?.receiveDatagram()
    )
      this.datagrams.push(next);
  }

  onStreamsAvailable(unidirectional: boolean): void {
    this.told.push(unidirectional ? 'uni available' : 'bidi available');
  }

  onDraining(): void {
    this.told.push('draining');
  }

  onClosed(end: SessionEnd): void {
    this.told.push(end.kind);
    this.ends.push(end);
  }

  onFinished(): void {
    this.told.push('finished');
  }
}

/** What was told of a stream. */
export class StreamLog implements DataStreamHandlers {
  stream: DataStream | undefined;
  readonly told: string[] = [];
  readonly bytes: number[] = [];
  private readonly reads: boolean;

  constructor(stream: DataStream | undefined, reads = true) {
    this.stream = stream;
    this.reads = reads;
  }

  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.bytes));
  }

  onReadable(): void {
    if (this.reads) this.read();
  }

  read(): void {
    const chunk = new Uint8Array(5000);
    for (let count = this.stream!.read(chunk); count > 0; count = this.stream!.read(chunk))
      for (const byte of chunk.subarray(0, count)) this.bytes.push(byte);
    if (this.stream!.finished) this.told.push('end');
  }

  onWritable(): void {
    this.told.push('writable');
  }

  onReset(code: number | undefined): void {
    this.told.push(`reset ${code}`);
  }

  onStopped(code: number | undefined): void {
    this.told.push(`stopped ${code}`);
  }

  onDelivered(): void {
    this.told.push('delivered');
  }

  onGone(end: SessionEnd): void {
    this.told.push(`gone ${end.kind}`);
  }
}

/** Options of a scene. */
export interface SceneOptions {
  readonly seed?: number;
  readonly link?: PairOptions['link'];
  /** Options of the sessions of one side; 'hand' for a client without sessions, whose engine a test drives. */
  readonly client?: SessionOptions | 'hand';
  readonly server?: SessionOptions;
  /** Options of the engines besides. */
  readonly clientHttp?: Http3Options;
  readonly serverHttp?: Http3Options;
  /** Overrides of the contexts. */
  readonly context?: PairOptions['client'];
  readonly serverContext?: PairOptions['client'];
  /** What the server does with a request. Default: it accepts. */
  readonly onRequest?: (request: SessionRequest, scene: Scene) => void;
}

/** A client and a server of WebTransport in virtual time. */
export class Scene {
  readonly pair: Pair;
  /** The sessions that the server has accepted, in order. */
  readonly accepted: Log[] = [];
  readonly requests: SessionRequest[] = [];
  readonly refused: string[] = [];
  private readonly options: SceneOptions;
  private clientHost: EngineHost | undefined = undefined;
  private serverHost: EngineHost | undefined = undefined;
  private clientSide: ClientSessions | undefined = undefined;
  private serverSide: ServerSessions | undefined = undefined;
  private readonly fed = { client: 0, server: 0 };

  constructor(options: SceneOptions = {}) {
    this.options = options;
    const context = {
      alpn: ['h3'],
      ...options.context,
      transport: { maxDatagramFrameBytes: 65_535, ...options.context?.transport },
    };
    this.pair = createPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: options.seed ?? 1,
      ...(options.link === undefined ? {} : { link: options.link }),
      client: context,
      server: { ...context, ...options.serverContext },
      clientHost: { reads: () => false },
      serverHost: { reads: () => false },
    });
    this.pair.connect();
    this.run(() => this.pair.client.has('connected') && this.pair.server.has('connected'), 'the handshake');
  }

  get client(): ClientSessions {
    return this.clientSide!;
  }

  get server(): ServerSessions {
    return this.serverSide!;
  }

  get clientConnection(): QuicConnection {
    return this.pair.client.connection;
  }

  get serverConnection(): QuicConnection {
    return this.pair.server.connection;
  }

  get clientEngine(): Http3Connection {
    return this.clientHost!.engine;
  }

  get serverEngine(): Http3Connection {
    return this.serverHost!.engine;
  }

  /** Ask for a session. Throws where none can be asked for. */
  ask(target: Partial<SessionTarget> = {}): Log {
    this.run(() => this.client.connect !== undefined && this.clientEngine.hasPeerSettings, 'SETTINGS');
    const log = new Log();
    const session = this.client.connect({ authority: 'test.example', path: '/', handlers: log, ...target });
    if (typeof session === 'string')
      throw new Error(`no session: ${session} ${this.client.missing.join(', ')}`);
    log.session = session;
    return log;
  }

  /** A session that is established at both ends. */
  open(target: Partial<SessionTarget> = {}): { readonly client: Log; readonly server: Log } {
    const count = this.accepted.length;
    const client = this.ask(target);
    this.run(() => client.session!.isOpen && this.accepted.length > count, 'the session');
    return { client, server: this.accepted[count]! };
  }

  /** Open a stream and write to it. */
  send(log: Log, unidirectional: boolean, text: string, ends = true): StreamLog {
    const stream = new StreamLog(undefined);
    stream.stream = log.session!.openStream(unidirectional, stream);
    if (stream.stream === undefined) throw new Error('no stream may be opened');
    const bytes = new TextEncoder().encode(text);
    if (stream.stream.write(bytes, ends) < bytes.length) throw new Error('not all was taken');
    return stream;
  }

  /** Run until `isDone`. Throws after ten virtual seconds. */
  run(isDone: () => boolean, what = 'it'): void {
    const step = (): boolean => {
      this.pump();
      return isDone();
    };
    if (!this.pair.run(step, 10_000_000))
      throw new Error(
        `${what} did not happen (seed ${this.pair.world.seed}): ${JSON.stringify(this.pair.client.connections[0]?.closeReason)} ${this.refused.join()}`,
      );
  }

  /** Let virtual time pass. */
  pass(durationUs: number): void {
    const endUs = this.pair.world.nowUs + durationUs;
    this.pair.run(() => {
      this.pump();
      return this.pair.world.nowUs >= endUs;
    }, durationUs);
    this.pump();
  }

  private pump(): void {
    this.clientHost ??= this.beginClient();
    this.serverHost ??= this.beginServer();
    this.feed('client', this.clientHost, this.pair.client);
    this.feed('server', this.serverHost, this.pair.server);
  }

  private feed(name: 'client' | 'server', host: EngineHost | undefined, peer: Peer): void {
    if (host === undefined) return;
    host.pull();
    while (this.fed[name] < peer.events.length) host.onQuicEvent(peer.events[this.fed[name]++]!);
  }

  private beginClient(): EngineHost | undefined {
    const { client = {}, clientHttp } = this.options;
    if (this.pair.client.connections.length === 0) return undefined;
    const config = sessionConfigOf(client === 'hand' ? {} : client);
    const base = http3OptionsFor(config);
    const host = new EngineHost(
      new Http3Connection(this.clientConnection, {
        ...base,
        ...clientHttp,
        settings: new Map([...base.settings, ...(clientHttp?.settings ?? [])]),
      }),
    );
    if (client === 'hand') return host;
    const sessions = new ClientSessions(host, config);
    this.clientSide = sessions;
    host.followClient(sessions);
    return host;
  }

  private beginServer(): EngineHost | undefined {
    const { server = {}, serverHttp } = this.options;
    if (this.pair.server.connections.length === 0) return undefined;
    const config = sessionConfigOf(server);
    const base = http3OptionsFor(config);
    const host = new EngineHost(
      new Http3Connection(this.serverConnection, {
        ...base,
        ...serverHttp,
        settings: new Map([...base.settings, ...(serverHttp?.settings ?? [])]),
      }),
    );
    const sessions = new ServerSessions(host, config, {
      onRequest: (request) => this.onRequest(request),
      onRefused: (_head, why) => this.refused.push(why),
    });
    this.serverSide = sessions;
    host.followServer(sessions);
    return host;
  }

  private onRequest(request: SessionRequest): void {
    this.requests.push(request);
    if (this.options.onRequest !== undefined) this.options.onRequest(request, this);
    else this.accept(request);
  }

  /** Accept a request, and log what happens. */
  accept(request: SessionRequest, protocol?: string): Log {
    const log = new Log();
    this.accepted.push(log);
    const acceptance = { handlers: log, ...(protocol === undefined ? {} : { protocol }) };
    // Handlers may be called before `accept` returns.
    log.session = request.session;
    request.accept(acceptance);
    return log;
  }
}

import { concatBytes } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import { Http3Connection, type Http3Event, type Http3Options } from '@tsquic/http3';
import type { QuicConnection } from '@tsquic/quic-core';
import { createPair, type Pair, type PairOptions, type Peer } from '@tsquic/simulator';

/** What the program of one side does with an event. */
export type Program = (event: Http3Event, end: End) => void;

/** One side: its engine, what that told, and the content that was read. */
export class End {
  readonly peer: Peer;
  /** Everything told, in order. */
  readonly events: Http3Event[] = [];
  /** The engine; undefined before there is a connection, and where this side is driven by hand. */
  http: Http3Connection | undefined;
  private readonly options: Http3Options | undefined;
  private readonly program: Program;
  private readonly content = new Map<number, Uint8Array>();
  private fed = 0;

  /** @param options - of the engine; undefined for a side that a test drives by hand. */
  constructor(peer: Peer, options: Http3Options | undefined, program: Program) {
    this.peer = peer;
    this.options = options;
    this.program = program;
  }

  get connection(): QuicConnection {
    return this.peer.connection;
  }

  /** The engine. Throws where there is none. */
  get engine(): Http3Connection {
    if (this.http === undefined) throw new Error(`${this.peer.host.name} has no engine`);
    return this.http;
  }

  /** The events of this type. */
  eventsOf<T extends Http3Event['type']>(type: T): Extract<Http3Event, { readonly type: T }>[] {
    return this.events.filter(
      (event): event is Extract<Http3Event, { readonly type: T }> => event.type === type,
    );
  }

  /** The content of a stream that was read so far. */
  contentOf(streamId: number): Uint8Array {
    return this.content.get(streamId) ?? new Uint8Array(0);
  }

  /** Read what there is of a stream's content. */
  read(streamId: number): void {
    const chunk = new Uint8Array(5000);
    const stream = this.engine.stream(streamId);
    for (let count = stream?.read(chunk) ?? 0; count > 0; count = stream?.read(chunk) ?? 0)
      this.content.set(streamId, concatBytes(this.contentOf(streamId), chunk.slice(0, count)));
  }

  /** Give the engine what happened, and the program what it makes of it. */
  pump(): void {
    if (this.options === undefined || this.peer.connections.length === 0) return;
    this.http ??= new Http3Connection(this.connection, this.options);
    const { events } = this.peer;
    for (;;) {
      for (let event = this.http.nextEvent(); event !== undefined; event = this.http.nextEvent()) {
        this.events.push(event);
        this.program(event, this);
      }
      if (this.fed === events.length) return;
      this.http.onEvent(events[this.fed++]!);
    }
  }
}

/** Options of a scene. */
export interface SceneOptions {
  readonly seed?: number;
  readonly link?: PairOptions['link'];
  readonly up?: PairOptions['up'];
  /** Options of both engines; 'hand' for a side that the test drives by hand. */
  readonly client?: Http3Options | 'hand';
  readonly server?: Http3Options | 'hand';
  readonly onClient?: Program;
  readonly onServer?: Program;
  /** Overrides of both contexts. */
  readonly context?: PairOptions['client'];
}

/** A client and a server of HTTP/3 in virtual time. */
export class Scene {
  readonly pair: Pair;
  readonly client: End;
  readonly server: End;

  constructor(options: SceneOptions = {}) {
    const context = { alpn: ['h3'], transport: { maxDatagramFrameBytes: 65_535 }, ...options.context };
    this.pair = createPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: options.seed ?? 1,
      ...(options.link === undefined ? {} : { link: options.link }),
      ...(options.up === undefined ? {} : { up: options.up }),
      client: context,
      server: context,
      clientHost: { reads: () => false },
      serverHost: { reads: () => false },
    });
    this.client = new End(this.pair.client, byHand(options.client), options.onClient ?? readEverything);
    this.server = new End(this.pair.server, byHand(options.server), options.onServer ?? readEverything);
    this.pair.connect();
    this.run(() => this.pair.client.has('connected') && this.pair.server.has('connected'));
  }

  /** Run until `isDone`. Throws after ten virtual seconds. */
  run(isDone: () => boolean, what = 'it'): void {
    const step = (): boolean => {
      this.client.pump();
      this.server.pump();
      return isDone();
    };
    if (!this.pair.run(step, 10_000_000))
      throw new Error(`${what} did not happen: ${this.summary()} (seed ${this.pair.world.seed})`);
  }

  /** Let virtual time pass. */
  pass(durationUs: number): void {
    const endUs = this.pair.world.nowUs + durationUs;
    this.pair.run(() => {
      this.client.pump();
      this.server.pump();
      return this.pair.world.nowUs >= endUs;
    }, durationUs);
    this.client.pump();
    this.server.pump();
  }

  private summary(): string {
    const types = (end: End): string => end.events.map(({ type }) => type).join(' ');
    return `client ${types(this.client)}; server ${types(this.server)}; ${JSON.stringify(this.pair.client.connections[0]?.closeReason)}`;
  }
}

/** A program that reads all content, and does nothing else. */
export function readEverything(event: Http3Event, end: End): void {
  if (event.type === 'content') end.read(event.streamId);
}

function byHand(options: Http3Options | 'hand' | undefined): Http3Options | undefined {
  return options === 'hand' ? undefined : { datagrams: true, ...options };
}

import type { HttpPriority } from '@tsquic/quic-core';
import type { RequestHead } from '@tsquic/http3';
import { type Alarm, nodeClock } from '@tsquic/event-adapters';
import { unlessAborted } from '../abort.ts';
import { QuicError } from '../errors.ts';
import type { ConnectOptions } from '../options.ts';
import { type AgentConfig, type Http3AgentOptions, splitAgentOptions } from './agent-options.ts';
import { type Alternative, AlternativeServices, parseAltSvc } from './alt-svc.ts';
import { ClientExchange, type ReceivedAnswer } from './client-exchange.ts';
import { connectHttp3 } from './connect-http3.ts';
import { failedFetch, UnprocessedRequest } from './fetch-failure.ts';
import { contentLengthOf, fieldsOf } from './fields.ts';
import type { FieldLines, Http3SessionHandlers } from './handlers.ts';
import { OriginMemory } from './origin-memory.ts';
import { OriginPool } from './origin-pool.ts';
import type { RequestContent } from './request-content.ts';
import type { Http3Session } from './session.ts';

/** A request as it goes to one origin. */
export interface AgentRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly content: RequestContent | undefined;
  readonly signal: AbortSignal | undefined;
  readonly priority: HttpPriority | undefined;
  readonly trailers: (() => FieldLines | undefined) | undefined;
  readonly onInterim: ((status: number, headers: Headers) => void) | undefined;
}

/** A snapshot of an agent. */
export interface Http3AgentStatistics {
  /** Origins with connections, or with requests that wait for one. */
  readonly origins: number;
  readonly connections: number;
  readonly activeRequests: number;
  /** Requests that wait for a connection, or for room on one. */
  readonly waitingRequests: number;
}

/** The connections of a client, which its requests share, and what it remembers of origins. */
export class Http3Agent {
  private readonly config: AgentConfig;
  private readonly connecting: Omit<ConnectOptions, 'ALPNProtocols' | 'port'>;
  private readonly pools = new Map<string, OriginPool>();
  private readonly alternatives = new AlternativeServices();
  private readonly memory: OriginMemory;
  private readonly closing = new AbortController();

  /** Throws `ERR_QUIC_INVALID_OPTION` for options of the wrong kind; those of `connect` are checked by the first request. */
  constructor(options: Http3AgentOptions = {}) {
    const { config, connecting } = splitAgentOptions(options);
    this.config = config;
    this.connecting = connecting;
    this.memory = new OriginMemory(config.keptOrigins);
  }

  /** Current counts. */
  statistics(): Http3AgentStatistics {
    const pools = [...this.pools.values()];
    const sum = (count: (pool: OriginPool) => number): number =>
      pools.reduce((total, pool) => total + count(pool), 0);
    return {
      origins: pools.length,
      connections: sum(({ size }) => size),
      activeRequests: sum(({ activeRequests }) => activeRequests),
      waitingRequests: sum(({ waitingRequests }) => waitingRequests),
    };
  }

  /**
   * The network has changed: alternatives that do not outlive that are forgotten (RFC 7838 §2.2), what paths have shown is not used any
   * more, and later requests use new connections.
   */
  onNetworkChange(): void {
    this.alternatives.onNetworkChange();
    this.memory.onNetworkChange();
    for (const pool of this.pools.values()) pool.leaveAll();
  }

  /** Close every connection. What is under way fails, and so do later requests. */
  async close(): Promise<void> {
    const closed = [...this.pools.values()].map((pool) => pool.close());
    // It ends what is being opened; open connections have been told H3_NO_ERROR.
    this.closing.abort(new Error('the agent is closed'));
    await Promise.all(closed);
    this.pools.clear();
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Send a request to its origin: for `fetch`. It is sent again where that is allowed and changes nothing. */
  private async send(request: AgentRequest): Promise<ReceivedAnswer> {
    for (let attempt = 1; ; attempt++) {
      const canRepeat = (): boolean => attempt < MOST_ATTEMPTS && (request.content?.canSend ?? true);
      try {
        const answer = await this.attempt(request, attempt);
        if (!canRepeat() || !(await this.mustRepeat(answer, request, attempt))) return answer;
        // A body that has failed rejects that.
        await answer.body.cancel().catch(nothing);
      } catch (error) {
        if (request.signal?.aborted === true) throw request.signal.reason;
        if (!(error instanceof UnprocessedRequest))
          throw error instanceof TypeError ? error : failedFetch(error);
        if (!canRepeat()) throw failedFetch(error.cause);
      }
    }
  }

  private async attempt(request: AgentRequest, attempt: number): Promise<ReceivedAnswer> {
    const { url, method, content, signal, priority, trailers, onInterim } = request;
    if (this.closing.signal.aborted) throw this.closing.signal.reason;
    const mayBeEarly = this.config.earlyData && attempt === 1 && content === undefined && SAFE.has(method);
    const opened = content?.open();
    const exchange = new ClientExchange({
      head: headOf(request, opened?.type),
      content: opened?.content,
      contentLength: contentLengthOf(request.headers),
      ...{ trailers, priority, signal, onInterim },
      headersTimeoutMs: this.config.headersTimeoutMs,
      bodyTimeoutMs: this.config.bodyTimeoutMs,
    });
    await this.poolOf(url).begin(exchange, mayBeEarly, signal);
    const answer = await exchange.answer;
    const field = answer.headers.get('alt-svc');
    // RFC 7838 §6: what does not answer for the origin cannot speak for it either.
    if (field !== null && this.config.alternatives && answer.status !== MISDIRECTED)
      this.alternatives.set(url.origin, parseAltSvc(field, hostOf(url), Date.now()));
    return answer;
  }

  /** Whether the server asks for the request once more. */
  private async mustRepeat(
    answer: ReceivedAnswer,
    { url, signal }: AgentRequest,
    attempt: number,
  ): Promise<boolean> {
    const { status, connection } = answer;
    if (status === TOO_EARLY && connection.session.connection.earlyData !== 'none' && attempt === 1) {
      // RFC 8470 §5.2: once more, when it can be no replay.
      await unlessAborted(connection.session.connection.ready, signal);
      return true;
    }
    if (status !== MISDIRECTED || connection.alternative === undefined) return false;
    // RFC 7838 §6: the alternative does not serve the origin.
    this.alternatives.remove(url.origin, connection.alternative);
    connection.leave();
    return true;
  }

  private poolOf(url: URL): OriginPool {
    const { origin } = url;
    const known = this.pools.get(origin);
    if (known !== undefined) return known;
    const { maxConnections, idleMs } = this.config;
    const pool = new OriginPool({
      ...{ maxConnections, idleMs },
      alternative: () => this.alternatives.get(origin, Date.now()),
      open: (alternative, handlers) => this.open(url, alternative, handlers),
      onUnreachable: (alternative) => this.alternatives.remove(origin, alternative),
      onEmpty: () => this.pools.delete(origin),
    });
    this.pools.set(origin, pool);
    return pool;
  }

  private async open(
    url: URL,
    alternative: Alternative | undefined,
    handlers: Http3SessionHandlers,
  ): Promise<Http3Session> {
    const { connect = connectHttp3, earlyData, http3, extensions } = this.config;
    const { origin } = url;
    const { session, token, rememberedPath, settings } = this.memory.take(origin, alternative === undefined);
    const { currentNetwork } = this.memory;
    const following = ({ connection }: Http3Session): Http3SessionHandlers => ({
      ...handlers,
      onClosed: (reason) => {
        if (alternative === undefined)
          this.memory.keepPath(origin, connection.rememberedPath, currentNetwork);
        handlers.onClosed?.(reason);
      },
    });
    const limit = this.connectLimit();
    const connected = connect({
      servername: hostOf(url),
      ...this.connecting,
      host: alternative?.host ?? hostOf(url),
      port: alternative?.port ?? (url.port === '' ? HTTPS_PORT : Number(url.port)),
      ...(session === undefined ? {} : { session, earlyData: earlyData && settings !== undefined }),
      ...(token === undefined ? {} : { token }),
      ...(rememberedPath === undefined ? {} : { rememberedPath }),
      onSession: (fresh) => this.memory.keep(origin, { session: fresh }),
      // A token is good for the server that gave it alone. RFC 9000 §8.1.3
      ...(alternative === undefined && {
        onToken: (fresh: Uint8Array): void => this.memory.keep(origin, { token: fresh }),
      }),
      http3: settings === undefined ? http3 : { ...http3, rememberedSettings: new Map(settings) },
      signal: limit.signal,
      ...{ extensions, handlers: following },
    });
    const opened = await connected.finally(() => limit.alarm.cancel());
    opened.settled.then(
      (told) => this.memory.keep(origin, { settings: [...told] }),
      () => {},
    );
    return opened;
  }

  /** A signal that ends an attempt to connect: of this agent, and of the time that it may take. */
  private connectLimit(): { readonly signal: AbortSignal; readonly alarm: Alarm } {
    const { connectTimeoutMs } = this.config;
    const { clock = nodeClock } = this.connecting;
    const limit = new AbortController();
    const alarm = clock.createAlarm(() => {
      const message = `there is no connection after ${connectTimeoutMs} ms (connectTimeoutMs)`;
      limit.abort(new QuicError('ERR_QUIC_CONNECT_TIMEOUT', message));
    });
    if (connectTimeoutMs < Infinity) alarm.set(connectTimeoutMs * 1000);
    return { signal: AbortSignal.any([this.closing.signal, limit.signal]), alarm };
  }
}

/** The calls of an agent for `fetch`. */
export function sendBy(agent: Http3Agent, request: AgentRequest): Promise<ReceivedAnswer> {
  return agent['send'](request);
}

function headOf({ url, method, headers, content }: AgentRequest, type: string | undefined): RequestHead {
  const sent = new Headers(headers);
  // It names the authority, which stands in a field of its own. RFC 9114 §4.3.1
  sent.delete('host');
  if (type !== undefined) sent.set('content-type', type);
  if (content !== undefined && content.length >= 0) sent.set('content-length', `${content.length}`);
  return {
    ...{ method, scheme: 'https', authority: url.host },
    path: `${url.pathname}${url.search}`,
    fields: fieldsOf(sent),
  };
}

/** The host of a URL as a name or an address, without the brackets of IPv6. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function nothing(): void {}

/** RFC 9110 §9.2.1 */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const HTTPS_PORT = 443;
const TOO_EARLY = 425;
const MISDIRECTED = 421;
/** How often one request is sent at most. */
const MOST_ATTEMPTS = 4;

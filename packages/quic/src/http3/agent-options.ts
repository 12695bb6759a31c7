import type { Http3Options } from '@tsquic/http3';
import {
  BOOLEAN,
  checkKinds,
  FUNCTION,
  integer,
  integerOrInfinity,
  type Kinds,
  listOf,
  objectWith,
} from '../option-kinds.ts';
import type { ConnectOptions } from '../options.ts';
import { use } from '../usage.ts';
import type { ConnectHttp3Options } from './connect-http3.ts';
import type { Http3Extension } from './handlers.ts';
import type { KeptOrigins } from './kept-origins.ts';
import type { Http3Session } from './session.ts';

/** Options of HTTP/3 clients, besides those of `connect`. */
export interface Http3ClientOptions {
  /** Options of HTTP/3 itself: field sections, field compression. */
  readonly http3?: Http3Options;
  /** What else connections are used for. Default: nothing. */
  readonly extensions?: readonly Http3Extension[];
  /** Connections to one origin at once; requests beyond what its server allows on them wait. Default 1. */
  readonly maxConnections?: number;
  /** Milliseconds without a request after which a connection is closed. Default 15000. */
  readonly idleMs?: number;
  /** Milliseconds for a connection, with the lookup of its name and all addresses. Default 30000. Infinity sets no limit. */
  readonly connectTimeoutMs?: number;
  /**
   * Milliseconds for the head of a response, once all of the request has left; an interim response begins it anew. Default 300000.
   * Infinity sets no limit.
   */
  readonly headersTimeoutMs?: number;
  /**
   * Milliseconds without progress for which content of a response is waited for, or room for content of a request. Default 300000.
   * Infinity sets no limit.
   */
  readonly bodyTimeoutMs?: number;
  /** What is remembered of origins. Default: in memory, the 256 that were used last. */
  readonly keptOrigins?: KeptOrigins;
  /**
   * Whether requests of safe methods without content leave in 0-RTT packets where a server was met before: a round trip sooner, but
   * an attacker can have them carried out again. RFC 8470. Default false.
   */
  readonly earlyData?: boolean;
  /** Whether other places are used that an origin names in 'alt-svc'. RFC 7838. Default true. */
  readonly alternatives?: boolean;
  /** Opens connections. Default: `connectHttp3`. */
  readonly connect?: (options: ConnectHttp3Options) => Promise<Http3Session>;
}

/** Options of `Http3Agent`: those of `connect` for all connections, and those of HTTP/3. */
export interface Http3AgentOptions
  extends
    Http3ClientOptions,
    Omit<
      ConnectOptions,
      | 'ALPNProtocols'
      | 'host'
      | 'port'
      | 'session'
      | 'earlyData'
      | 'token'
      | 'rememberedPath'
      | 'onSession'
      | 'onToken'
      | 'signal'
      | 'socket'
      | 'context'
    > {}

/** What an agent needs of its options, without those of `connect`. */
export type AgentConfig = Required<Omit<Http3ClientOptions, 'keptOrigins' | 'connect'>> &
  Pick<Http3ClientOptions, 'keptOrigins' | 'connect'>;

/** Take the options of HTTP/3 from those of `connect`. Throws `ERR_QUIC_INVALID_OPTION` for values of the wrong kind. */
export function splitAgentOptions(options: Http3AgentOptions): {
  readonly config: AgentConfig;
  readonly connecting: Omit<ConnectOptions, 'ALPNProtocols' | 'port'>;
} {
  use(() => checkKinds('', options, KINDS));
  const connecting: Record<string, unknown> = {};
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(KINDS, name)) connecting[name] = value;
    else if (value !== undefined) given[name] = value;
  }
  return { config: { ...DEFAULTS, ...given }, connecting };
}

const DEFAULTS: AgentConfig = {
  http3: {},
  extensions: [],
  maxConnections: 1,
  idleMs: 15_000,
  connectTimeoutMs: 30_000,
  headersTimeoutMs: 300_000,
  bodyTimeoutMs: 300_000,
  earlyData: false,
  alternatives: true,
};

const KINDS: Kinds<Http3ClientOptions> = {
  http3: objectWith('an object'),
  extensions: listOf(objectWith('an extension')),
  maxConnections: integer(1, 1024),
  idleMs: integer(1, 2 ** 31 - 1),
  connectTimeoutMs: integerOrInfinity(1),
  headersTimeoutMs: integerOrInfinity(1),
  bodyTimeoutMs: integerOrInfinity(1),
  keptOrigins: objectWith('a store with get and set', 'get', 'set'),
  earlyData: BOOLEAN,
  alternatives: BOOLEAN,
  connect: FUNCTION,
};

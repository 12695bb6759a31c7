import type { Http3Options } from '@tsquic/http3';
import {
  BOOLEAN,
  checkKinds,
  FUNCTION,
  integerOrInfinity,
  type Kinds,
  objectWith,
  listOf,
  oneOf,
} from '../option-kinds.ts';
import type { ListenOptions } from '../options.ts';
import { use } from '../usage.ts';
import type { Http3Extension } from './handlers.ts';
import type { RequestInfo } from './request-info.ts';

/**
 * Answers a request. What it throws is the answer 500: see `ServeOptions.onError`. The request's signal is aborted when the client gives
 * the request up.
 */
export type Http3Handler = (request: Request, info: RequestInfo) => Response | Promise<Response>;

/** Options of HTTP/3 servers, besides those of `listen`. */
export interface Http3ServerOptions {
  /** Options of HTTP/3 itself: field sections, field compression. */
  readonly http3?: Http3Options;
  /** What else connections are used for. Default: nothing. */
  readonly extensions?: readonly Http3Extension[];
  /**
   * Hears what the handler throws, or the body of its response, and may answer in its place where no answer has begun. Default: it becomes
   * a warning of the process (`QuicProgramFault`); the answer is 500, or what was begun is reset.
   */
  readonly onError?: (error: unknown, request: Request) => Response | void | Promise<Response | void>;
  /**
   * Bytes of content of one request; the answer to more is 413, and reading more of it fails. Default 128 MiB. Infinity takes any
   * number, which suits handlers that do not keep the content in memory.
   */
  readonly maxRequestBodyBytes?: number;
  /** Requests of one connection, after which it is finished, and its client opens another. Default Infinity. RFC 9114 §5.2 */
  readonly maxRequestsPerConnection?: number;
  /**
   * Milliseconds for which the handler waits for content, or the response for a client that does not read, without any progress; then the
   * request is given up. Default 300000. Infinity waits as long as the connection lasts.
   */
  readonly stallTimeoutMs?: number;
  /**
   * Milliseconds in which all content of a request must have come, also from a client that makes progress and from one whose handler reads
   * slowly; then 408, or the response is reset. Default Infinity.
   */
  readonly requestTimeoutMs?: number;
  /**
   * Which requests are handled that came in 0-RTT packets and may be replays: those of safe methods, all, or none. The others are
   * answered with 425, after which clients send them again. It matters with `earlyData`, and behind gateways that say `early-data: 1`.
   * Default 'safe'. RFC 8470
   */
  readonly earlyRequests?: 'safe' | 'all' | 'none';
  /** Whether responses get the field 'date' unless they have it. Default true. RFC 9110 §6.6.1 */
  readonly date?: boolean;
}

/** Options of `serve`: those of `listen`, and those of HTTP/3. */
export interface ServeOptions
  extends
    Omit<ListenOptions, 'ALPNProtocols' | 'ALPNCallback' | 'backlog' | 'onError' | 'context'>,
    Http3ServerOptions {}

/** The options with their defaults. */
export type ServeConfig = Required<Omit<Http3ServerOptions, 'onError'>> & Pick<Http3ServerOptions, 'onError'>;

/** Take the options of HTTP/3 from those of `listen`. Throws `ERR_QUIC_INVALID_OPTION` for values of the wrong kind. */
export function splitServeOptions(options: ServeOptions): {
  readonly config: ServeConfig;
  readonly listening: Omit<ListenOptions, 'ALPNProtocols'>;
} {
  use(() => checkKinds('', options, KINDS));
  const listening: Record<string, unknown> = {};
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(KINDS, name)) listening[name] = value;
    else if (value !== undefined) given[name] = value;
  }
  return { config: { ...DEFAULTS, ...given }, listening };
}

const DEFAULTS: ServeConfig = {
  http3: {},
  extensions: [],
  maxRequestBodyBytes: 128 * 1024 * 1024,
  maxRequestsPerConnection: Infinity,
  stallTimeoutMs: 300_000,
  requestTimeoutMs: Infinity,
  earlyRequests: 'safe',
  date: true,
};

const KINDS: Kinds<Http3ServerOptions> = {
  http3: objectWith('an object'),
  extensions: listOf(objectWith('an extension')),
  onError: FUNCTION,
  maxRequestBodyBytes: integerOrInfinity(0),
  maxRequestsPerConnection: integerOrInfinity(1),
  stallTimeoutMs: integerOrInfinity(1),
  requestTimeoutMs: integerOrInfinity(1),
  earlyRequests: oneOf('safe', 'all', 'none'),
  date: BOOLEAN,
};

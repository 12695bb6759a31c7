import type { HttpPriority } from '@tsquic/quic-core';
import { type AgentRequest, Http3Agent, sendBy } from './agent.ts';
import type { ReceivedAnswer } from './client-exchange.ts';
import { ACCEPTED_CODINGS, decodeContent } from './content-coding.ts';
import { failedFetch } from './fetch-failure.ts';
import { responseOf } from './fetched-response.ts';
import { fieldsOf, type HeaderFields } from './fields.ts';
import { redirectOf } from './redirect.ts';
import { RequestContent } from './request-content.ts';

type PlatformInit = NonNullable<ConstructorParameters<typeof Request>[1]>;

/** Options of `fetch`: those of the platform, and those of HTTP/3. */
export interface Http3RequestInit extends Omit<PlatformInit, 'dispatcher' | 'priority'> {
  /** Whose connections are used. Default: one that all such requests share. */
  readonly agent?: Http3Agent;
  /** How soon the response is needed: 'high', 'low' and 'auto' as in browsers, or as RFC 9218 has it. Default 'auto'. */
  readonly priority?: 'high' | 'low' | 'auto' | HttpPriority;
  /** Supplies fields that follow the content of the request, when that is over. RFC 9110 §6.5 */
  readonly trailers?: () => HeaderFields;
  /** Hears interim responses, 1xx. RFC 9110 §15.2 */
  readonly onInterim?: (status: number, headers: Headers) => void;
}

/**
 * `fetch` over HTTP/3: it takes what the platform's takes, and refuses what that refuses. It rejects with a TypeError whose `cause` tells
 * what went wrong, a `QuicError` for instance; with the reason of the signal when that is aborted.
 *
 * Content is streamed both ways at the pace of the slower side. Requests to one origin share a connection.
 */
export async function fetch(input: string | URL | Request, init: Http3RequestInit = {}): Promise<Response> {
  const { agent = sharedAgent(), priority, trailers, onInterim, ...platform } = init;
  const request = new Request(input, platform);
  const inherited = input instanceof Request ? input.signal : undefined;
  // None given leaves that of the request; null takes it away.
  const signal = platform.signal === undefined ? inherited : (platform.signal ?? undefined);
  signal?.throwIfAborted();
  if (request.integrity !== '') throw failedFetch(new Error('integrity is not checked here: leave it out'));
  const content = await RequestContent.of(request, platform.body);
  const first: AgentRequest = {
    ...{ method: request.method, headers: withDefaults(request, content), content, signal, onInterim },
    url: httpsUrl(request.url),
    trailers: trailers && ((): ReturnType<typeof fieldsOf> => fieldsOf(new Headers(trailers()))),
    priority: priorityOf(priority),
  };
  try {
    return await follow(agent, first, request.redirect);
  } finally {
    content?.settle();
  }
}

async function follow(agent: Http3Agent, first: AgentRequest, mode: Request['redirect']): Promise<Response> {
  let request = first;
  for (let redirects = 0; ; redirects++) {
    const answer = await sendBy(agent, request);
    const { status, headers, body } = answer;
    try {
      const next = mode === 'manual' ? undefined : redirectOf(request, status, headers.get('location'));
      if (next === undefined) return finished(answer, request, redirects > 0);
      if (mode === 'error') throw new TypeError('the server redirects, which this request forbids');
      if (redirects === MOST_REDIRECTS) throw new TypeError('there are too many redirects');
      request = { ...request, ...next };
    } catch (error) {
      await body.cancel(error).catch(nothing);
      throw failedFetch(error);
    }
    // What follows does not depend on it, also where it has failed.
    await body.cancel().catch(nothing);
  }
}

function finished(answer: ReceivedAnswer, { url, method }: AgentRequest, redirected: boolean): Response {
  const { status, headers, trailers } = answer;
  if (status > 599) throw new RangeError(`the status ${status} means nothing`);
  const shown = new URL(url);
  shown.hash = '';
  const isEmpty = method === 'HEAD' || NULL_BODY.has(status);
  // It may have content all the same, which nobody would read. RFC 9110 §15.3.6
  if (status === 205 && method !== 'HEAD') void answer.body.cancel().catch(nothing);
  const body = isEmpty ? null : decodeContent(answer.body, headers.get('content-encoding') ?? '');
  return responseOf({ status, headers, body }, { url: shown.href, redirected, trailers });
}

/** The fields that a program need not set. */
function withDefaults(request: Request, content: RequestContent | undefined): Headers {
  const headers = new Headers(request.headers);
  const defaults = {
    accept: '*/*',
    'accept-encoding': headers.has('range') ? 'identity' : ACCEPTED_CODINGS,
    'user-agent': 'tsquic',
    ...(content === undefined && NEEDS_LENGTH.has(request.method) ? { 'content-length': '0' } : {}),
  };
  for (const [name, value] of Object.entries(defaults)) if (!headers.has(name)) headers.set(name, value);
  return headers;
}

function httpsUrl(text: string): URL {
  const url = new URL(text);
  if (url.protocol === 'https:') return url;
  throw failedFetch(new Error(`HTTP/3 has the scheme https: alone, not ${url.protocol}`));
}

function priorityOf(priority: Http3RequestInit['priority']): HttpPriority | undefined {
  if (priority === undefined || priority === 'auto') return undefined;
  return typeof priority === 'object' ? priority : { urgency: priority === 'high' ? 1 : 5 };
}

function nothing(): void {}

function sharedAgent(): Http3Agent {
  return (shared ??= new Http3Agent());
}

let shared: Http3Agent | undefined = undefined;

/** As the fetch standard has it. */
const MOST_REDIRECTS = 20;
const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
/** Methods whose requests say that they have no content. RFC 9110 §8.6 */
const NEEDS_LENGTH: ReadonlySet<string> = new Set(['POST', 'PUT']);

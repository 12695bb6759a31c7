import type { RequestContent } from './request-content.ts';

/** What a redirect leads to. */
export interface RedirectedRequest {
  readonly url: URL;
  readonly method: string;
  readonly content: RequestContent | undefined;
  readonly headers: Headers;
}

/**
 * The request that a redirect asks for, by the rules of the fetch standard; undefined where the response redirects nowhere. Throws a
 * TypeError for one that must not be followed.
 */
export function redirectOf(
  request: RedirectedRequest,
  status: number,
  location: string | null,
): RedirectedRequest | undefined {
  if (!REDIRECTS.has(status) || location === null) return undefined;
  const url = target(location, request.url);
  const { method, content } = request;
  const headers = new Headers(request.headers);
  if (url.origin !== request.url.origin) for (const name of CREDENTIALS) headers.delete(name);
  const becomesGet =
    ((status === 301 || status === 302) && method === 'POST') ||
    (status === 303 && method !== 'GET' && method !== 'HEAD');
  if (becomesGet) {
    for (const name of CONTENT_FIELDS) headers.delete(name);
    return { url, method: 'GET', content: undefined, headers };
  }
  const refusal = status === 303 ? undefined : content?.redirectRefusal;
  if (refusal !== undefined) throw new TypeError(`a redirect needs the content again, which was ${refusal}`);
  return { url, method, content, headers };
}

function target(location: string, base: URL): URL {
  const url = tryParse(location, base);
  if (url === null) throw new TypeError('a redirect leads to no URL');
  if (url.protocol !== 'https:') throw new TypeError(`a redirect leads to ${url.protocol}, not to https:`);
  if (url.hash === '') url.hash = base.hash;
  return url;
}

function tryParse(location: string, base: URL): URL | null {
  try {
    return new URL(location, base);
  } catch {
    return null;
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** They are for one origin only. */
const CREDENTIALS = ['authorization', 'proxy-authorization', 'cookie', 'host'];
const CONTENT_FIELDS = [
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'content-length',
];

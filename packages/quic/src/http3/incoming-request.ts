import type { RequestHead } from '@tsquic/http3';
import { headersOf } from './fields.ts';
import { quietReads } from './quiet-reads.ts';

/** A request as the platform has it. */
class IncomingRequest extends Request {
  static {
    quietReads(IncomingRequest.prototype);
  }
}

/**
 * The request that a head describes. Throws a TypeError for a target that is no URL, though HTTP/3 allows it.
 *
 * @param body - undefined where there is no content.
 */
export function requestOf(
  head: RequestHead,
  body: ReadableStream<Uint8Array> | undefined,
  signal: AbortSignal,
): Request {
  const headers = headersOf(head.fields);
  const host = head.authority === '' ? (headers.get('host') ?? '') : head.authority;
  // As for HTTP/1.1, which programs are written for. RFC 9114 §4.3.1
  headers.set('host', host);
  const path = head.path === '*' ? '/*' : head.path;
  const content = body === undefined ? {} : { body, duplex: 'half' as const };
  return new IncomingRequest(`${head.scheme}://${host}${path}`, {
    method: head.method,
    headers,
    signal,
    ...content,
  });
}

/** Whether the URL of a request has the host that its head names, rather than another way to write it. */
export function isHostOf(request: Request, { authority, fields }: RequestHead): boolean {
  const named = authority === '' ? (fields.find(({ name }) => name === 'host')?.value ?? '') : authority;
  return new URL(request.url).host === named.toLowerCase().replace(/:(?:443)?$/, '');
}

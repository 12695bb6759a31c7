import { withoutContentLength } from './field-rules.ts';
import type { RequestHead } from './request-head.ts';
import type { ResponseHead } from './response-head.ts';

/** Whether a response opens a tunnel. RFC 9110 §9.3.6 */
export function isTunnel(method: string, status: number): boolean {
  return method === 'CONNECT' && status >= 200 && status < 300;
}

/** A head as programs are told it: Content-Length says nothing about a tunnel. RFC 9110 §9.3.6 */
export function ofTunnel<T extends RequestHead | ResponseHead>(head: T): T {
  return { ...head, fields: withoutContentLength(head.fields) };
}

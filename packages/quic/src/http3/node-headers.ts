import type { IncomingHttpHeaders } from 'node:http';
import type { FieldLines } from './handlers.ts';

/**
 * Fields as node:http has them: of some only the first counts, 'set-cookie' is a list, and the lines of others are one. Names that are
 * those of an object's own parts are names like any other.
 */
export function nodeHeadersOf(lines: FieldLines): IncomingHttpHeaders {
  const fields = new Map<string, string | string[]>();
  for (const { name, value } of lines) {
    const before = fields.get(name);
    if (name === 'set-cookie') fields.set(name, [before ?? [], value].flat());
    else if (before === undefined) fields.set(name, value);
    else if (!SINGLE.has(name))
      fields.set(name, `${before as string}${name === 'cookie' ? '; ' : ', '}${value}`);
  }
  return Object.fromEntries(fields) as IncomingHttpHeaders;
}

/** Fields whose further lines node:http leaves out. */
const SINGLE: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

import type { FieldLines } from './handlers.ts';

/** What `new Headers` takes. */
export type HeaderFields = NonNullable<ConstructorParameters<typeof Headers>[0]>;

/** Fields as a program has them. */
export function headersOf(fields: FieldLines): Headers {
  const headers = new Headers();
  for (const { name, value } of fields) headers.append(name, value);
  return headers;
}

/**
 * Fields as they are sent. Those about a connection of HTTP/1.1 are left out, and those that its field 'connection' names, because
 * programs that run over several versions set them, and so do those that pass on what came by HTTP/1.1; a message of HTTP/3 may not
 * have them. RFC 9114 §4.2, RFC 9110 §7.6.1
 */
export function fieldsOf(headers: Headers): { name: string; value: string }[] {
  const named = namedBy(headers.get('connection'));
  const fields: { name: string; value: string }[] = [];
  for (const [name, value] of headers) {
    if (CONNECTION_SPECIFIC.has(name) || (name === 'te' && value !== 'trailers') || named.has(name)) continue;
    fields.push({ name, value });
  }
  return fields;
}

/** The fields that the field 'connection' of a message names. */
function namedBy(connection: string | null): ReadonlySet<string> {
  return new Set(connection?.split(',').map((name) => name.trim().toLowerCase()));
}

/** The length that fields promise; -1 where they promise none. RFC 9110 §8.6 */
export function contentLengthOf(headers: Headers): number {
  const value = headers.get('content-length');
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : -1;
}

/** RFC 9110 §7.6.1 */
const CONNECTION_SPECIFIC = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

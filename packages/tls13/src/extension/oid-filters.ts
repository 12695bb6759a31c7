import { MessageReader } from '../message/reader.ts';

/**
 * oid_filters, RFC 8446 §4.2.5: what a server requires of the client's certificate. It is checked but not
 * used.
 */
export function decodeOidFilters(data: Uint8Array): void {
  const outer = new MessageReader(data);
  const filters = new MessageReader(outer.opaque16());
  outer.finish();
  while (!filters.isAtEnd) {
    filters.opaque8(1);
    filters.opaque16();
  }
}

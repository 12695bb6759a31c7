import { MessageReader } from '../message/reader.ts';

/** oid_filters, RFC 8446 §4.2.5: what a server wants of our certificate. Nothing here chooses by it. */
export function decodeOidFilters(data: Uint8Array): void {
  const outer = new MessageReader(data);
  const filters = new MessageReader(outer.opaque16());
  outer.finish();
  while (!filters.isAtEnd) {
    filters.opaque8(1);
    filters.opaque16();
  }
}

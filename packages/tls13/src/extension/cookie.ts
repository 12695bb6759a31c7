import { MessageReader } from '../message/reader.ts';
import { MessageWriter } from '../message/writer.ts';
import { type Extension, ExtensionType } from './extension.ts';

/** cookie, RFC 8446 §4.2.2. */
export function encodeCookie(cookie: Uint8Array): Extension {
  const writer = new MessageWriter();
  writer.opaque16(cookie);
  return { type: ExtensionType.Cookie, data: writer.finish() };
}

/** cookie, RFC 8446 §4.2.2: opaque to the client. */
export function decodeCookie(data: Uint8Array): Uint8Array {
  const reader = new MessageReader(data);
  const cookie = reader.opaque16(1);
  reader.finish();
  return cookie;
}

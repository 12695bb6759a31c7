import { ByteReader, concatBytes } from '@tsquic/bytes';

/** A ClientHello or EncryptedExtensions without one of its extensions. RFC 8446 §4.1.2, §4.3.1 */
export function withoutExtension(message: Uint8Array, extension: number): Uint8Array {
  const reader = new ByteReader(message, 4);
  if (message[0] === CLIENT_HELLO) {
    reader.skip(34);
    reader.skip(reader.u8());
    reader.skip(reader.u16());
    reader.skip(reader.u8());
  }
  const head = message.slice(4, reader.position);
  const kept: Uint8Array[] = [];
  const end = reader.position + 2 + reader.u16();
  while (reader.position < end) {
    const at = reader.position;
    const id = reader.u16();
    reader.skip(reader.u16());
    if (id !== extension) kept.push(message.slice(at, reader.position));
  }
  const extensions = concatBytes(...kept);
  const body = concatBytes(head, Uint8Array.of(extensions.length >> 8, extensions.length), extensions);
  return concatBytes(tlsMessage(message[0]!, body), message.slice(end));
}

/** A handshake message: type, length, body. RFC 8446 §4 */
export function tlsMessage(type: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  return concatBytes(Uint8Array.of(type, body.length >> 16, body.length >> 8, body.length), body);
}

const CLIENT_HELLO = 1;

import { decodeExtensions, encodeExtensions, type Extension } from '../extension/extension.ts';
import { encodeMessage, MessageType } from './handshake-message.ts';
import { MessageReader } from './reader.ts';

/** EncryptedExtensions, RFC 8446 §4.3.1. */
export function encodeEncryptedExtensions(extensions: readonly Extension[]): Uint8Array {
  return encodeMessage(MessageType.EncryptedExtensions, (writer) => encodeExtensions(writer, extensions));
}

export function decodeEncryptedExtensions(body: Uint8Array): readonly Extension[] {
  const reader = new MessageReader(body);
  const extensions = decodeExtensions(reader);
  reader.finish();
  return extensions;
}

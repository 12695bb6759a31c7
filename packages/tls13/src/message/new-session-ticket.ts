import { decodeExtensions, encodeExtensions, type Extension } from '../extension/extension.ts';
import { encodeMessage, MessageType } from './handshake-message.ts';
import { MessageReader } from './reader.ts';

/** NewSessionTicket, RFC 8446 §4.6.1. */
export interface NewSessionTicket {
  readonly lifetimeSeconds: number;
  readonly ageAdd: number;
  readonly nonce: Uint8Array;
  readonly ticket: Uint8Array;
  readonly extensions: readonly Extension[];
}

export function encodeNewSessionTicket(message: NewSessionTicket): Uint8Array {
  return encodeMessage(MessageType.NewSessionTicket, (writer) => {
    writer.u32(message.lifetimeSeconds);
    writer.u32(message.ageAdd);
    writer.opaque8(message.nonce);
    writer.opaque16(message.ticket);
    encodeExtensions(writer, message.extensions);
  });
}

export function decodeNewSessionTicket(body: Uint8Array): NewSessionTicket {
  const reader = new MessageReader(body);
  const message = {
    lifetimeSeconds: reader.u32(),
    ageAdd: reader.u32(),
    nonce: reader.opaque8(),
    ticket: reader.opaque16(1),
    extensions: decodeExtensions(reader),
  };
  reader.finish();
  return message;
}

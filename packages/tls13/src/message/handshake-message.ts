import { MessageWriter } from './writer.ts';

/** Handshake message types, RFC 8446 §4. */
export const MessageType = {
  ClientHello: 1,
  ServerHello: 2,
  NewSessionTicket: 4,
  EndOfEarlyData: 5,
  EncryptedExtensions: 8,
  Certificate: 11,
  CertificateRequest: 13,
  CertificateVerify: 15,
  Finished: 20,
  KeyUpdate: 24,
  MessageHash: 254,
} as const;

/** One whole handshake message. */
export interface HandshakeMessage {
  readonly type: number;
  /** After the header of four bytes. */
  readonly body: Uint8Array;
  /** With the header: what the transcript hashes. */
  readonly raw: Uint8Array;
}

/** Bytes of type and length before every message. */
export const MESSAGE_HEADER_LENGTH = 4;

/** A message whose body is what `write` appends. */
export function encodeMessage(type: number, write: (writer: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter();
  writer.u8(type);
  writer.vector(3, () => write(writer));
  return writer.finish();
}

/** A message's name for people. */
export function messageName(type: number): string {
  for (const [name, value] of Object.entries(MessageType)) if (value === type) return name;
  return `message type ${type}`;
}

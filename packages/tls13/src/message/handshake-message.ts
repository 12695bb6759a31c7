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

/** One complete handshake message. */
export interface HandshakeMessage {
  readonly type: number;
  /** The bytes after the header of four bytes. */
  readonly body: Uint8Array;
  /** The message with its header, which goes into the transcript hash. */
  readonly raw: Uint8Array;
}

/** Length of type and length fields of every message. */
export const MESSAGE_HEADER_LENGTH = 4;

/** A message whose body `write` appends. */
export function encodeMessage(type: number, write: (writer: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter();
  writer.u8(type);
  writer.vector(3, () => write(writer));
  return writer.finish();
}

/** The name of a message type for error texts. */
export function messageName(type: number): string {
  for (const [name, value] of Object.entries(MessageType)) if (value === type) return name;
  return `message type ${type}`;
}

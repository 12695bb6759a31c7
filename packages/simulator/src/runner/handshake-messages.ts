import { ByteReader } from '@tsquic/bytes';
import type { PacketType } from '@tsquic/quic-core';
import { FrameType } from '@tsquic/quic-core/wire';
import type { CapturedDatagram, End } from './capture.ts';

/** A TLS handshake message with its type. RFC 8446 §4 */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Types of messages. RFC 8446 §4 */
export const MessageType = { ClientHello: 1, EncryptedExtensions: 8, Certificate: 11 } as const;

/** The whole messages of a connection's CRYPTO frames that one end has sent in packets of this type. */
export function handshakeMessages(
  trace: readonly CapturedDatagram[],
  sender: End,
  type: PacketType,
  connection: number,
): HandshakeMessage[] {
  const bytes = cryptoBytes(trace, sender, type, connection);
  const reader = new ByteReader(bytes);
  const messages: HandshakeMessage[] = [];
  while (reader.remaining >= 4) {
    const messageType = reader.u8();
    const length = reader.u24();
    if (length > reader.remaining) break;
    messages.push({ type: messageType, body: reader.copy(length) });
  }
  return messages;
}

/** The bytes of a connection's CRYPTO frames in packets of this type, from the first to the first gap. */
export function cryptoBytes(
  trace: readonly CapturedDatagram[],
  sender: End,
  type: PacketType,
  connection: number,
): Uint8Array {
  const pieces = trace
    .filter((datagram) => datagram.sender === sender && datagram.connection === connection)
    .flatMap(({ packets }) => packets.filter((packet) => packet.type === type))
    .flatMap(({ frames }) => frames.filter((frame) => frame.type === FrameType.Crypto))
    .map(({ values, data }) => ({ at: values[0]!, data }))
    .sort((a, b) => a.at - b.at);
  const bytes = new Uint8Array(pieces.reduce((end, { at, data }) => Math.max(end, at + data.length), 0));
  let end = 0;
  for (const { at, data } of pieces) {
    if (at > end) break;
    bytes.set(data, at);
    end = Math.max(end, at + data.length);
  }
  return bytes.subarray(0, end);
}

/** The cipher suites that a ClientHello offers. RFC 8446 §4.1.2 */
export function offeredSuites({ body }: HandshakeMessage): number[] {
  const reader = new ByteReader(body);
  reader.u16();
  reader.copy(RANDOM_BYTES);
  reader.copy(reader.u8());
  const count = reader.u16() / 2;
  return Array.from({ length: count }, () => reader.u16());
}

const RANDOM_BYTES = 32;

/** The value of an integer among the transport parameters of EncryptedExtensions; -1 when it is absent. RFC 9000 §18 */
export function parameterOf({ body }: HandshakeMessage, parameter: number): number {
  const extensions = new ByteReader(body);
  extensions.u16();
  while (extensions.remaining >= 4) {
    const type = extensions.u16();
    const content = extensions.copy(extensions.u16());
    if (type !== TRANSPORT_PARAMETERS) continue;
    const reader = new ByteReader(content);
    while (reader.remaining > 0) {
      const id = reader.varint();
      const value = reader.copy(reader.varint());
      if (id === parameter) return new ByteReader(value).varint();
    }
  }
  return -1;
}

/** RFC 9001 §8.2 */
const TRANSPORT_PARAMETERS = 0x39;

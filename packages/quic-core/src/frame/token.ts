import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';

/** The token of a NEW_TOKEN frame, RFC 9000 §19.7; undefined when it is empty, FRAME_ENCODING_ERROR. */
export function decodeNewToken(reader: ByteReader): Uint8Array | undefined {
  const token = reader.copy(reader.varint());
  return token.length === 0 ? undefined : token;
}

/** Write NEW_TOKEN; false when it does not fit. */
export function encodeNewToken(writer: ByteWriter, token: Uint8Array): boolean {
  if (writer.room < 1 + varintLength(token.length) + token.length) return false;
  writer.u8(FrameType.NewToken);
  writer.varint(token.length);
  writer.bytes(token);
  return true;
}

import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';

/**
 * The frames of flow control are a type followed by one integer or, for those about a stream, by its ID and one integer:
 * reading them needs no more than the reader. RFC 9000 §19.9, §19.10, §19.11, §19.12, §19.13, §19.14
 */

/** Write a frame of one integer: MAX_DATA, MAX_STREAMS, DATA_BLOCKED, STREAMS_BLOCKED. False when it does not fit. */
export function encodeLimit(writer: ByteWriter, type: number, value: number): boolean {
  if (writer.room < 1 + varintLength(value)) return false;
  writer.u8(type);
  writer.varint(value);
  return true;
}

/** Write a frame about a stream: MAX_STREAM_DATA, STREAM_DATA_BLOCKED. False when it does not fit. */
export function encodeStreamLimit(
  writer: ByteWriter,
  type: number,
  streamId: number,
  value: number,
): boolean {
  if (writer.room < 1 + varintLength(streamId) + varintLength(value)) return false;
  writer.u8(type);
  writer.varint(streamId);
  writer.varint(value);
  return true;
}

/** Stream counts above this cannot be expressed as stream IDs. RFC 9000 §4.6 */
export const MAX_STREAM_COUNT: number = 2 ** 60;

/**
 * A count of streams at the reader: Infinity above `MAX_STREAM_COUNT`, because an integer saturates at 2^53-1
 * and an invalid count would then look like a valid one.
 */
export function decodeStreamCount(reader: ByteReader): number {
  const { bytes, position } = reader;
  const count = reader.varint();
  if (reader.position !== position + 8) return count;
  // 2^60 is encoded as 0xd0 and seven zero bytes.
  const first = bytes[position]!;
  if (first < 0xd0) return count;
  if (first > 0xd0) return Infinity;
  for (let i = 1; i < 8; i++) if (bytes[position + i] !== 0) return Infinity;
  return count;
}

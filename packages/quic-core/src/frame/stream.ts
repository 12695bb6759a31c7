import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';

/**
 * STREAM frame, RFC 9000 §19.8.
 *
 *   Type (i) = 0x08..0x0f, Stream ID (i), [Offset (i)], [Length (i)], Stream Data (..)
 *
 * `dataAt` and `dataEnd` index the buffer that is read: the bytes are borrowed.
 */
export interface StreamFrame {
  streamId: number;
  /** Offset of the first data byte in the stream. */
  offset: number;
  fin: boolean;
  dataAt: number;
  dataEnd: number;
}

export const STREAM_FIN = 0x01;
export const STREAM_LEN = 0x02;
export const STREAM_OFF = 0x04;

/** An empty record for a decoder to refill. */
export function createStreamFrame(): StreamFrame {
  return { streamId: 0, offset: 0, fin: false, dataAt: 0, dataEnd: 0 };
}

/** Fill `out` from the reader, which stands just after `type`. */
export function decodeStream(reader: ByteReader, type: number, out: StreamFrame): void {
  out.streamId = reader.varint();
  out.offset = (type & STREAM_OFF) !== 0 ? reader.varint() : 0;
  const length = (type & STREAM_LEN) !== 0 ? reader.varint() : reader.remaining;
  out.dataAt = reader.skip(length);
  out.dataEnd = out.dataAt + length;
  out.fin = (type & STREAM_FIN) !== 0;
}

/**
 * Bytes of stream data that fit into `room` bytes of packet after the frame header; negative when
 * not even an empty frame fits.
 */
export function streamDataRoom(streamId: number, offset: number, room: number): number {
  const rest = room - 1 - varintLength(streamId) - (offset === 0 ? 0 : varintLength(offset)) - 1;
  if (rest < 0x40) return rest;
  return rest - 1 < 0x4000 ? Math.max(0x3f, rest - 1) : rest - 3;
}

/** Write the header of a frame with `length` bytes of data, which the caller writes next. */
export function encodeStreamHeader(
  writer: ByteWriter,
  streamId: number,
  offset: number,
  length: number,
  fin: boolean,
): void {
  writer.u8(FrameType.Stream | STREAM_LEN | (offset === 0 ? 0 : STREAM_OFF) | (fin ? STREAM_FIN : 0));
  writer.varint(streamId);
  if (offset !== 0) writer.varint(offset);
  writer.varint(length);
}

import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';

/** RESET_STREAM (RFC 9000 §19.4) and STOP_SENDING (§19.5), which has no final size. */
export interface StreamControlFrame {
  streamId: number;
  /** Application error code; saturates at 2^53-1. */
  code: number;
  finalSize: number;
}

/** An empty record for a decoder to refill. */
export function createStreamControlFrame(): StreamControlFrame {
  return { streamId: 0, code: 0, finalSize: 0 };
}

/** Fill `out` from the reader, which stands just after the type. */
export function decodeResetStream(reader: ByteReader, out: StreamControlFrame): void {
  out.streamId = reader.varint();
  out.code = reader.varint();
  out.finalSize = reader.varint();
}

/** Fill `out` from the reader, which stands just after the type. */
export function decodeStopSending(reader: ByteReader, out: StreamControlFrame): void {
  out.streamId = reader.varint();
  out.code = reader.varint();
  out.finalSize = 0;
}

/** Write RESET_STREAM; false when it does not fit. */
export function encodeResetStream(
  writer: ByteWriter,
  streamId: number,
  code: number,
  finalSize: number,
): boolean {
  if (writer.room < 1 + varintLength(streamId) + varintLength(code) + varintLength(finalSize)) return false;
  writer.u8(FrameType.ResetStream);
  writer.varint(streamId);
  writer.varint(code);
  writer.varint(finalSize);
  return true;
}

/** Write STOP_SENDING; false when it does not fit. */
export function encodeStopSending(writer: ByteWriter, streamId: number, code: number): boolean {
  if (writer.room < 1 + varintLength(streamId) + varintLength(code)) return false;
  writer.u8(FrameType.StopSending);
  writer.varint(streamId);
  writer.varint(code);
  return true;
}

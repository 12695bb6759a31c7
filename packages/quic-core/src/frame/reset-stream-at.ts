import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';
import type { StreamControlFrame } from './stream-control.ts';

/**
 * RESET_STREAM_AT, draft-ietf-quic-reliable-stream-reset §4.
 *
 *   Type (i) = 0x24, Stream ID (i), Application Protocol Error Code (i), Final Size (i), Reliable Size (i)
 */
export interface ResetStreamAtFrame extends StreamControlFrame {
  /** Bytes from the beginning of the stream that are delivered in spite of the reset. */
  reliableSize: number;
}

/** An empty record for a decoder to refill. */
export function createResetStreamAtFrame(): ResetStreamAtFrame {
  return { streamId: 0, code: 0, finalSize: 0, reliableSize: 0 };
}

/** Fill `out` from the reader, which stands just after the type. */
export function decodeResetStreamAt(reader: ByteReader, out: ResetStreamAtFrame): void {
  out.streamId = reader.varint();
  out.code = reader.varint();
  out.finalSize = reader.varint();
  out.reliableSize = reader.varint();
}

/** Write RESET_STREAM_AT; false when it does not fit. */
export function encodeResetStreamAt(
  writer: ByteWriter,
  streamId: number,
  code: number,
  finalSize: number,
  reliableSize: number,
): boolean {
  const bytes =
    varintLength(streamId) + varintLength(code) + varintLength(finalSize) + varintLength(reliableSize);
  if (writer.room < 1 + bytes) return false;
  writer.u8(FrameType.ResetStreamAt);
  writer.varint(streamId);
  writer.varint(code);
  writer.varint(finalSize);
  writer.varint(reliableSize);
  return true;
}

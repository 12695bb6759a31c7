import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';

/** DATAGRAM frame, RFC 9221 §4. The bytes stay in the buffer that is read. */
export interface DatagramFrame {
  dataAt: number;
  dataEnd: number;
}

/** An empty record for a decoder to refill. */
export function createDatagramFrame(): DatagramFrame {
  return { dataAt: 0, dataEnd: 0 };
}

/** Fill `out` from the reader, which stands just after the type. Without a length, the data goes on to the end of the packet. */
export function decodeDatagram(reader: ByteReader, type: number, out: DatagramFrame): void {
  const length = type === FrameType.DatagramWithLength ? reader.varint() : reader.remaining;
  out.dataAt = reader.skip(length);
  out.dataEnd = out.dataAt + length;
}

/** Bytes of a whole DATAGRAM frame with its length. */
export function datagramFrameLength(dataLength: number): number {
  return 1 + varintLength(dataLength) + dataLength;
}

/** Most bytes of data in a frame of at most `frameBytes` with its length; -1 where not even the header fits. */
export function datagramDataRoom(frameBytes: number): number {
  if (frameBytes - 2 < 64) return frameBytes - 2;
  if (frameBytes - 3 < 16_384) return frameBytes - 3;
  // A length field of four bytes leaves two bytes fewer for data, so that for two sizes the most data fits
  // with a length field of two.
  return Math.max(16_383, frameBytes - 5);
}

/**
 * Write DATAGRAM; false when it does not fit. When there is no room for the length field, the frame ends the
 * packet, and PADDING before it fills the bytes that would be left.
 */
export function encodeDatagram(writer: ByteWriter, data: Uint8Array): boolean {
  if (!encodeDatagramHeader(writer, data.length)) return false;
  writer.bytes(data);
  return true;
}

/**
 * Write the header of a frame with `length` bytes of data, which the caller writes next; false when both do
 * not fit.
 */
export function encodeDatagramHeader(writer: ByteWriter, length: number): boolean {
  const { room } = writer;
  if (room < 1 + length) return false;
  if (room >= datagramFrameLength(length)) {
    writer.u8(FrameType.DatagramWithLength);
    writer.varint(length);
    return true;
  }
  writer.fill(FrameType.Padding, room - 1 - length);
  writer.u8(FrameType.Datagram);
  return true;
}

import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';

/** CRYPTO frame, RFC 9000 §19.6. The bytes stay in the buffer that is read. */
export interface CryptoFrame {
  offset: number;
  dataAt: number;
  dataEnd: number;
}

/** An empty record for a decoder to refill. */
export function createCryptoFrame(): CryptoFrame {
  return { offset: 0, dataAt: 0, dataEnd: 0 };
}

/** Fill `out` from the reader, which stands just after the type. */
export function decodeCrypto(reader: ByteReader, out: CryptoFrame): void {
  out.offset = reader.varint();
  const length = reader.varint();
  out.dataAt = reader.skip(length);
  out.dataEnd = out.dataAt + length;
}

/** Bytes of data that fit into `room` after the frame header; below 1 when none do. */
export function cryptoDataRoom(offset: number, room: number): number {
  const rest = room - 1 - varintLength(offset) - 1;
  return rest < 0x40 ? rest : Math.min(0x3fff, Math.max(0x3f, rest - 1));
}

/** Write the header of a frame with `length` bytes of data, which the caller writes next. */
export function encodeCryptoHeader(writer: ByteWriter, offset: number, length: number): void {
  writer.u8(FrameType.Crypto);
  writer.varint(offset);
  writer.varint(length);
}

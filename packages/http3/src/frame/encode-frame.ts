import { ByteWriter, varintLength } from '@tsquic/bytes';

/** Type and length of a frame. RFC 9114 §7.1 */
export function encodeFrameHeader(type: number, length: number): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(varintLength(type) + varintLength(length)));
  writer.varint(type);
  writer.varint(length);
  return writer.buffer;
}

/** A whole frame. RFC 9114 §7.1 */
export function encodeFrame(type: number, payload: Uint8Array): Uint8Array {
  const header = encodeFrameHeader(type, payload.length);
  const out = new Uint8Array(header.length + payload.length);
  out.set(header);
  out.set(payload, header.length);
  return out;
}

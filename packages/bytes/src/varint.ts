import { ByteReader } from './reader.ts';

/** Largest integer kept exactly: the bound of every offset and packet number we use. RFC 9000 §16 allows 2^62-1. */
export const MAX_VARINT: number = Number.MAX_SAFE_INTEGER;

/** Bytes of the shortest encoding of `value`: 1, 2, 4 or 8. RFC 9000 §16. */
export function varintLength(value: number): number {
  return value < 0x40 ? 1 : value < 0x4000 ? 2 : value < 0x4000_0000 ? 4 : 8;
}

/** `value` as bytes of its own, in the shortest encoding. */
export function encodeVarint(value: number): Uint8Array {
  const length = varintLength(value);
  const out = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i--) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  out[0] = out[0]! | (Math.log2(length) << 6);
  return out;
}

/** The integer at `at`, or -1 when the bytes end before it does. Saturates like `ByteReader.varint`. */
export function decodeVarint(bytes: Uint8Array, at = 0): number {
  const reader = new ByteReader(bytes, at);
  const value = reader.varint();
  return reader.truncated ? -1 : value;
}

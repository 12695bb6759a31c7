import type { ByteReader } from '@tsquic/bytes';

/** The largest integer of 62 bits, as near as a number can tell. */
const LARGEST = 2 ** 62;
/** Bytes after the prefix that are read at most: nine carry 62 bits, and one more may be padding. */
const MOST_BYTES = 10;

/**
 * The rest of an integer whose first byte is read; its lowest `bits` bits are the prefix. Above 2^53 - 1 it is rounded.
 *
 * @returns Infinity for one of more than 62 bits or ten bytes after the prefix. 0 and a truncated reader when the bytes end
 *   before it. RFC 9204 §4.1.1, RFC 7541 §5.1
 */
export function readPrefixedInteger(reader: ByteReader, first: number, bits: number): number {
  const prefix = 2 ** bits - 1;
  let value = first & prefix;
  if (value < prefix) return value;
  let factor = 1;
  for (let i = 0; i < MOST_BYTES; i++) {
    const byte = reader.u8();
    if (reader.truncated) return 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value > LARGEST ? Number.POSITIVE_INFINITY : value;
    factor *= 128;
  }
  return Number.POSITIVE_INFINITY;
}

/** Bytes of `value` with a prefix of `bits` bits. RFC 7541 §5.1 */
export function prefixedIntegerLength(value: number, bits: number): number {
  const prefix = 2 ** bits - 1;
  if (value < prefix) return 1;
  let length = 2;
  for (let rest = value - prefix; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

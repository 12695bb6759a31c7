/**
 * One AEAD key with its IV: seals and opens QUIC packets in place.
 *
 * The nonce is the IV exclusive-or the packet number (RFC 9001 §5.3), so that callers pass numbers, not
 * nonces. The associated data is the packet's header, which is in the same buffer.
 */
export interface Aead {
  /** The length of headers with which packets cost least, where it matters: longer packet numbers reach it. */
  readonly headerLength?: number | undefined;

  /**
   * Encrypt `buffer[payloadAt, payloadEnd)` in place and write the 16-byte tag at `payloadEnd`.
   * The associated data is `buffer[headerAt, payloadAt)`.
   */
  seal(
    packetNumber: number,
    buffer: Uint8Array,
    headerAt: number,
    payloadAt: number,
    payloadEnd: number,
  ): void;

  /**
   * Decrypt `buffer[payloadAt, end - 16)` in place; `buffer[end - 16, end)` is the tag. Returns false, and
   * leaves all bytes as they are, when the tag does not fit, so that another key may be tried. Never throws
   * for any bytes; returns false for a range shorter than a tag.
   */
  open(packetNumber: number, buffer: Uint8Array, headerAt: number, payloadAt: number, end: number): boolean;
}

/** Header protection of one direction and level, RFC 9001 §5.4. */
export interface HeaderProtection {
  /** The mask computed last: five bytes, which every `compute` overwrites, also one of other keys. */
  readonly mask: Uint8Array;

  /** Compute the mask for the 16-byte sample at `buffer[sampleAt, sampleAt + 16)`. */
  compute(buffer: Uint8Array, sampleAt: number): void;
}

/** Bytes of the authentication tag of all three suites. */
export const TAG_LENGTH = 16;

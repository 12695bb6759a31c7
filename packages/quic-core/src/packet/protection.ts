import { type Aead, type HeaderProtection, TAG_LENGTH } from '@tsquic/crypto';
import { LONG_FORM, type PacketHeader } from './header.ts';
import { expandPacketNumber } from './packet-number.ts';

const SAMPLE_LENGTH = 16;
/** The sample begins where the payload would if the packet number had four bytes. RFC 9001 §5.4.2 */
const SAMPLE_OFFSET = 4;
const LONG_BITS = 0x0f;
const SHORT_BITS = 0x1f;
const LONG_RESERVED = 0x0c;
const SHORT_RESERVED = 0x18;

/** Whether the packet is long enough for a header-protection sample and a tag. */
export function hasSample(header: PacketHeader): boolean {
  return header.numberAt + SAMPLE_OFFSET + SAMPLE_LENGTH <= header.packetEnd;
}

/**
 * Remove header protection in place, and fill in the packet number and the bounds of the payload. RFC 9001
 * §5.4.1
 *
 * @param largest - the largest packet number received in the space, -1 for none.
 */
export function unmaskHeader(
  bytes: Uint8Array,
  header: PacketHeader,
  protection: HeaderProtection,
  largest: number,
): void {
  protection.compute(bytes, header.numberAt + SAMPLE_OFFSET);
  const mask = protection.mask;
  const first = bytes[header.headerAt]! ^ (mask[0]! & firstByteBits(bytes[header.headerAt]!));
  bytes[header.headerAt] = first;
  const length = (first & 0x03) + 1;
  let truncated = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[header.numberAt + i]! ^ mask[1 + i]!;
    bytes[header.numberAt + i] = byte;
    truncated = truncated * 256 + byte;
  }
  header.packetNumber = expandPacketNumber(truncated, length, largest);
  header.payloadAt = header.numberAt + length;
  header.payloadEnd = header.packetEnd - TAG_LENGTH;
}

/** Encrypt the payload of a packet in `bytes` in place, then apply header protection. */
export function protectPacket(
  bytes: Uint8Array,
  headerAt: number,
  numberAt: number,
  payloadAt: number,
  payloadEnd: number,
  packetNumber: number,
  aead: Aead,
  protection: HeaderProtection,
): void {
  aead.seal(packetNumber, bytes, headerAt, payloadAt, payloadEnd);
  protection.compute(bytes, numberAt + SAMPLE_OFFSET);
  const mask = protection.mask;
  for (let i = numberAt; i < payloadAt; i++) bytes[i] = bytes[i]! ^ mask[1 + i - numberAt]!;
  bytes[headerAt] = bytes[headerAt]! ^ (mask[0]! & firstByteBits(bytes[headerAt]!));
}

/** Whether an authenticated header has a reserved bit set. RFC 9000 §17.2, §17.3.1 */
export function hasReservedBits(first: number): boolean {
  return (first & ((first & LONG_FORM) !== 0 ? LONG_RESERVED : SHORT_RESERVED)) !== 0;
}

function firstByteBits(first: number): number {
  return (first & LONG_FORM) !== 0 ? LONG_BITS : SHORT_BITS;
}

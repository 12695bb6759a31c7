import { type Aead, type HeaderProtection, TAG_LENGTH } from '../../aead.ts';
import { createSoftwareAead } from '../../software/aead.ts';
import { createSoftwareHeaderProtection } from '../../software/header-protection.ts';
import { type AeadName, CIPHER_SUITES, IV_LENGTH } from '../../suites.ts';

/**
 * Whether ciphers seal what those in TypeScript seal, open it again, and refuse it when it was changed, and whether masks of headers are
 * the same.
 */
export function passesSelfTest(
  create: (aead: AeadName, key: Uint8Array, iv: Uint8Array) => Aead,
  createMasks: (aead: AeadName, key: Uint8Array) => HeaderProtection,
): boolean {
  return CIPHER_SUITES.every(({ aead, keyLength }) => {
    const key = Uint8Array.from({ length: keyLength }, (_, i) => i * 11);
    const iv = Uint8Array.from({ length: IV_LENGTH }, (_, i) => 255 - i);
    const [ours, known] = [create(aead, key, iv), createSoftwareAead(aead, key, iv)];
    return (
      masksAgree(createMasks(aead, key), createSoftwareHeaderProtection(aead, key)) &&
      PACKETS.every(([header, length], packetNumber) => agree(ours, known, header, length, packetNumber))
    );
  });
}

function agree(ours: Aead, known: Aead, header: number, length: number, packetNumber: number): boolean {
  const end = header + length;
  const plain = Uint8Array.from({ length: end + TAG_LENGTH }, (_, i) => i * 7);
  const [packet, expected] = [plain.slice(), plain.slice()];
  ours.seal(packetNumber, packet, 0, header, end);
  known.seal(packetNumber, expected, 0, header, end);
  if (!isSame(packet, expected, packet.length)) return false;
  const forged = packet.slice();
  forged[end]! ^= 1;
  if (ours.open(packetNumber, forged, 0, header, forged.length)) return false;
  return ours.open(packetNumber, packet, 0, header, packet.length) && isSame(packet, plain, end);
}

function masksAgree(ours: HeaderProtection, known: HeaderProtection): boolean {
  const packet = Uint8Array.from({ length: 20 }, (_, i) => i * 13);
  ours.compute(packet, 3);
  const mask = ours.mask.slice();
  known.compute(packet, 3);
  return isSame(mask, known.mask, known.mask.length);
}

function isSame(a: Uint8Array, b: Uint8Array, length: number): boolean {
  return a.every((byte, i) => i >= length || byte === b[i]);
}

/** Lengths of headers and payloads: some ciphers take some headers differently. */
const PACKETS = [
  [18, 0],
  [18, 1],
  [18, 40],
  [18, 1350],
  [13, 0],
  [13, 40],
] as const;

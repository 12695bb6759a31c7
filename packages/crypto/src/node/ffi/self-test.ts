import { type Aead, TAG_LENGTH } from '../../aead.ts';
import { createSoftwareAead } from '../../software/aead.ts';
import { type AeadName, CIPHER_SUITES, IV_LENGTH } from '../../suites.ts';

/** Whether ciphers seal what those in TypeScript seal, open it again, and refuse it when it was changed. */
export function passesSelfTest(create: (aead: AeadName, key: Uint8Array, iv: Uint8Array) => Aead): boolean {
  return CIPHER_SUITES.every(({ aead, keyLength }) => {
    const key = Uint8Array.from({ length: keyLength }, (_, i) => i * 11);
    const iv = Uint8Array.from({ length: IV_LENGTH }, (_, i) => 255 - i);
    const [ours, known] = [create(aead, key, iv), createSoftwareAead(aead, key, iv)];
    return [0, 1, 40, 1350].every((length, packetNumber) => agree(ours, known, length, packetNumber));
  });
}

function agree(ours: Aead, known: Aead, length: number, packetNumber: number): boolean {
  const end = HEADER_LENGTH + length;
  const plain = Uint8Array.from({ length: end + TAG_LENGTH }, (_, i) => i * 7);
  const [packet, expected] = [plain.slice(), plain.slice()];
  ours.seal(packetNumber, packet, 0, HEADER_LENGTH, end);
  known.seal(packetNumber, expected, 0, HEADER_LENGTH, end);
  if (!isSame(packet, expected, packet.length)) return false;
  const forged = packet.slice();
  forged[end]! ^= 1;
  if (ours.open(packetNumber, forged, 0, HEADER_LENGTH, forged.length)) return false;
  return ours.open(packetNumber, packet, 0, HEADER_LENGTH, packet.length) && isSame(packet, plain, end);
}

function isSame(a: Uint8Array, b: Uint8Array, length: number): boolean {
  return a.every((byte, i) => i >= length || byte === b[i]);
}

const HEADER_LENGTH = 18;

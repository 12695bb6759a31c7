import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ByteReader, concatBytes, fromHex, toHex } from '@tsquic/bytes';
import { AES_128_GCM_SHA256, CHACHA20_POLY1305_SHA256, type CryptoProvider } from '@tsquic/crypto';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { createNodeProvider } from '@tsquic/crypto/node';
import fc from 'fast-check';
import { covers } from '@tsquic/testing';
import { initialKeys } from '../keys/initial.ts';
import { PacketKeys } from '../keys/packet-keys.ts';
import { Drop } from './drop.ts';
import { createPacketHeader, type PacketHeader, parseHeader } from './header.ts';
import { hasReservedBits, hasSample, protectPacket, unmaskHeader } from './protection.ts';
import { encodeRetry, retryTag } from './retry.ts';
import { PacketType } from '../version/packet-type.ts';
import { VERSION_1, VERSION_2 } from '../version/versions.ts';

const SEED = 9001_54;
const random = (out: Uint8Array): void => void out.fill(7);

interface Sample {
  readonly packetNumber: number;
  readonly payload: string;
  readonly payloadLength: number;
  readonly header: string;
  readonly packet: string;
}

interface Vectors {
  readonly initial: { readonly connectionId: string };
  readonly clientInitial: Sample;
  readonly serverInitial: Sample;
  readonly retry: { readonly originalConnectionId: string; readonly packet: string };
  readonly chacha: Sample & { readonly secret: string; readonly ku: string };
}

function vectorsOf(rfc: string): Vectors {
  const file = new URL(`../../../crypto/vectors/${rfc}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Vectors;
}

function parse(bytes: Uint8Array, localIdLength: number): PacketHeader {
  const header = createPacketHeader();
  expect(parseHeader(new ByteReader(bytes), localIdLength, [VERSION_1, VERSION_2], header)).toBe(Drop.None);
  return header;
}

/** Seal what the RFC shows unprotected. */
function seal(sample: Sample, keys: PacketKeys, numberLength: number): Uint8Array {
  const header = fromHex(sample.header);
  const payload = new Uint8Array(sample.payloadLength);
  payload.set(fromHex(sample.payload));
  const bytes = concatBytes(header, payload, new Uint8Array(16));
  const { aead, protection } = keys;
  const payloadEnd = bytes.length - 16;
  protectPacket(
    bytes,
    0,
    header.length - numberLength,
    header.length,
    payloadEnd,
    sample.packetNumber,
    aead,
    protection,
  );
  return bytes;
}

/** Open a packet of the RFC and compare all that was hidden. */
function open(sample: Sample, keys: PacketKeys, localIdLength: number, largest: number): void {
  const bytes = fromHex(sample.packet);
  const header = parse(bytes, localIdLength);
  expect(hasSample(header)).toBe(true);
  unmaskHeader(bytes, header, keys.protection, largest);
  expect(toHex(bytes.subarray(0, header.payloadAt))).toBe(sample.header);
  expect(header.packetNumber).toBe(sample.packetNumber);
  expect(keys.aead.open(header.packetNumber, bytes, 0, header.payloadAt, header.packetEnd)).toBe(true);
  expect(header.payloadEnd - header.payloadAt).toBe(sample.payloadLength);
  expect(toHex(bytes.subarray(header.payloadAt, header.payloadEnd)).startsWith(sample.payload)).toBe(true);
}

const PROVIDERS: readonly CryptoProvider[] = [
  createNodeProvider({ random }),
  createNobleProvider({ random }),
];

const CASES = [
  ['RFC 9001', vectorsOf('rfc9001'), VERSION_1],
  ['RFC 9369', vectorsOf('rfc9369'), VERSION_2],
] as const;

describe.each(
  PROVIDERS.flatMap((crypto) =>
    CASES.map(([rfc, vectors, version]) => ({ rfc, vectors, version, crypto, name: crypto.name })),
  ),
)('the packets of $rfc Appendix A, by $name', ({ vectors, version, crypto }) => {
  const id = fromHex(vectors.initial.connectionId);
  const chacha = new PacketKeys(crypto, version, CHACHA20_POLY1305_SHA256, fromHex(vectors.chacha.secret));

  test(`a client's Initial is sealed as in A.2 and opens again`, () => {
    covers('rfc9001-5.2-2');
    const keys = initialKeys(crypto, version, id, true);
    expect(toHex(seal(vectors.clientInitial, keys, 4))).toBe(vectors.clientInitial.packet);
    open(vectors.clientInitial, keys, 8, -1);
  });

  test("a server's Initial is sealed as in A.3 and opens again", () => {
    const keys = initialKeys(crypto, version, id, false);
    expect(toHex(seal(vectors.serverInitial, keys, 2))).toBe(vectors.serverInitial.packet);
    open(vectors.serverInitial, keys, 0, -1);
  });

  test('a Retry has the tag of A.4', () => {
    const packet = fromHex(vectors.retry.packet);
    const header = parse(packet, 0);
    expect(header).toMatchObject({ type: PacketType.Retry, dcidLength: 0, scidLength: 8, tokenLength: 5 });
    const original = fromHex(vectors.retry.originalConnectionId);
    const body = packet.subarray(0, -16);
    expect(retryTag(crypto, version, original, body)).toEqual(packet.subarray(-16));
    // Ours differ in the unused bits, and so in the tag, and in nothing else.
    const scid = packet.slice(header.scidAt, header.scidAt + 8);
    const ours = encodeRetry(crypto, version, new Uint8Array(0), scid, original, fromHex('746f6b656e'));
    expect(ours[0]! & 0xf0).toBe(packet[0]! & 0xf0);
    expect(ours.subarray(1, -16)).toEqual(packet.subarray(1, -16));
    expect(retryTag(crypto, version, original, ours.subarray(0, -16))).toEqual(ours.subarray(-16));
  });

  test('a short ChaCha20 packet is sealed as in A.5 and opens again', () => {
    expect(toHex(seal(vectors.chacha, chacha, 3))).toBe(vectors.chacha.packet);
    open(vectors.chacha, chacha, 0, vectors.chacha.packetNumber - 2);
  });

  test('the keys of the next phase derive from the secret of A.5', () => {
    const updated = new PacketKeys(crypto, version, CHACHA20_POLY1305_SHA256, fromHex(vectors.chacha.ku));
    const sealed = [chacha.next(), updated].map(({ aead }) => {
      const bytes = new Uint8Array(40);
      aead.seal(7, bytes, 0, 10, 24);
      return toHex(bytes);
    });
    expect(sealed[0]).toBe(sealed[1]);
  });

  test('what does not open is left as it was, so that another key may be tried', () => {
    for (const [keys, sample] of [
      [initialKeys(crypto, version, id, false), vectors.clientInitial],
      [chacha.next(), vectors.chacha],
    ] as const) {
      const bytes = fromHex(sample.packet);
      expect(keys.aead.open(1, bytes, 0, 4, bytes.length)).toBe(false);
      expect(toHex(bytes)).toBe(sample.packet);
    }
  });
});

describe('protection', () => {
  const [crypto] = PROVIDERS as [CryptoProvider];
  const keys = new PacketKeys(crypto, VERSION_1, AES_128_GCM_SHA256, new Uint8Array(32).fill(1));

  test('a packet too short for a sample is no packet', () => {
    covers('rfc9001-5.4.2-1');
    for (let rest = 0; rest < 30; rest++)
      expect(hasSample(parse(new Uint8Array(9 + rest).fill(0x40), 8))).toBe(rest >= 20);
  });

  test.each([
    [0x40, false],
    [0x47, false],
    [0x60, false],
    [0x48, true],
    [0x50, true],
    [0xc3, false],
    [0xd3, false],
    [0xc4, true],
    [0xc8, true],
  ])('of a first byte %i, the reserved bits are told from the others', (first, set) => {
    expect(hasReservedBits(first)).toBe(set);
  });

  test('any header and payload come back, and no bit may be changed', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        fc.uint8Array({ minLength: 4, maxLength: 60 }),
        fc.nat(),
        fc.integer({ min: 0, max: 2 ** 40 }),
        (isLong, numberLength, payload, flipped, number) => {
          const head = isLong ? fromHex('e00000000102aabb00') : fromHex('40aabb');
          head[0] = head[0]! | (numberLength - 1);
          const length = numberLength + payload.length + 16;
          const lengthField = isLong ? Uint8Array.of(0x40, length) : new Uint8Array(0);
          const sent = number % 2 ** (8 * numberLength);
          const encoded = Array.from({ length: numberLength }, (_, i) =>
            Math.floor(sent / 2 ** (8 * (numberLength - 1 - i))),
          );
          const plain = concatBytes(head, lengthField, Uint8Array.from(encoded), payload);
          const bytes = concatBytes(plain, new Uint8Array(16));
          const numberAt = head.length + lengthField.length;
          const payloadAt = numberAt + numberLength;
          protectPacket(bytes, 0, numberAt, payloadAt, plain.length, number, keys.aead, keys.protection);

          const changed = bytes.slice();
          const bit = flipped % (8 * bytes.length);
          changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
          expect(opens(bytes, number)).toEqual(plain);
          expect(opens(changed, number)).toBeUndefined();
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  /** Header and payload without protection, or undefined. */
  function opens(sealed: Uint8Array, number: number): Uint8Array | undefined {
    const bytes = sealed.slice();
    const header = createPacketHeader();
    if (parseHeader(new ByteReader(bytes), 2, [VERSION_1], header) !== Drop.None || !hasSample(header))
      return undefined;
    unmaskHeader(bytes, header, keys.protection, number - 1);
    const opened = keys.aead.open(header.packetNumber, bytes, 0, header.payloadAt, header.packetEnd);
    return opened ? bytes.slice(0, header.payloadEnd) : undefined;
  }
});

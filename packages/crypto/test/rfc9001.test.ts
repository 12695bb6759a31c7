import { concatBytes, equalBytes, fromHex, toHex } from '@tsquic/bytes';
import { type CryptoProvider, expandLabel, TAG_LENGTH, type AeadName } from '@tsquic/crypto';
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { seededRandom } from '@tsquic/testing/seeded';
import { PROVIDERS } from './providers.ts';

interface Keys {
  readonly secret: string;
  readonly key: string;
  readonly iv: string;
  readonly hp: string;
}

interface Packet {
  readonly aead: string;
  readonly packetNumber: number;
  readonly packetNumberLength: number;
  readonly payloadLength: number;
  readonly payload: string;
  readonly header: string;
  readonly sample: string;
  readonly mask: string;
  readonly protectedHeader: string;
  readonly packet: string;
}

interface Vectors {
  readonly initial: {
    readonly salt: string;
    readonly connectionId: string;
    readonly secret: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly client: Keys;
    readonly server: Keys;
  };
  readonly clientInitial: Packet;
  readonly serverInitial: Packet;
  readonly retry: {
    readonly key: string;
    readonly nonce: string;
    readonly originalConnectionId: string;
    readonly packet: string;
  };
  readonly chacha: Packet & Keys & { readonly ku: string };
}

const VECTORS = JSON.parse(
  readFileSync(new URL('../vectors/rfc9001.json', import.meta.url), 'utf8'),
) as Vectors;
const EMPTY = new Uint8Array(0);

describe.each(PROVIDERS)('RFC 9001 Appendix A, %s', (_name, createProvider) => {
  const provider = createProvider(seededRandom(1));
  const { initial, clientInitial, serverInitial, retry, chacha } = VECTORS;

  test('A.1 Initial keys', () => {
    const secret = provider.hkdfExtract('sha256', fromHex(initial.salt), fromHex(initial.connectionId));
    expect(toHex(secret)).toBe(initial.secret);
    for (const [label, keys] of [
      ['client in', initial.client],
      ['server in', initial.server],
    ] as const) {
      expect(toHex(expandLabel(provider, 'sha256', secret, label, EMPTY, 32))).toBe(keys.secret);
      expectKeys(provider, keys);
    }
  });

  test('A.1 the labels as they enter HKDF-Expand', () => {
    for (const [label, info] of Object.entries(initial.labels)) {
      const length = fromHex(info)[1]!;
      const secret = fromHex(initial.secret);
      expect(toHex(expandLabel(provider, 'sha256', secret, label, EMPTY, length))).toBe(
        toHex(provider.hkdfExpand('sha256', secret, fromHex(info), length)),
      );
    }
  });

  test('A.2 client Initial', () => expectPacket(provider, clientInitial, initial.client));
  test('A.3 server Initial', () => expectPacket(provider, serverInitial, initial.server));

  test('A.4 Retry tag', () => {
    const connectionId = fromHex(retry.originalConnectionId);
    const packet = fromHex(retry.packet);
    const additional = concatBytes(
      Uint8Array.of(connectionId.length),
      connectionId,
      packet.subarray(0, -TAG_LENGTH),
    );
    const buffer = concatBytes(additional, new Uint8Array(TAG_LENGTH));
    const aead = provider.createAead('aes-128-gcm', fromHex(retry.key), fromHex(retry.nonce));
    aead.seal(0, buffer, 0, additional.length, additional.length);
    expect(toHex(buffer.subarray(additional.length))).toBe(toHex(packet.subarray(-TAG_LENGTH)));
    expect(aead.open(0, buffer, 0, additional.length, buffer.length)).toBe(true);
  });

  test('A.5 ChaCha20-Poly1305 short header packet', () => {
    expectKeys(provider, chacha);
    expect(toHex(expandLabel(provider, 'sha256', fromHex(chacha.secret), 'quic ku', EMPTY, 32))).toBe(
      chacha.ku,
    );
    expectPacket(provider, chacha, chacha);
  });
});

function expectKeys(provider: CryptoProvider, keys: Keys): void {
  const secret = fromHex(keys.secret);
  for (const [label, expected] of [
    ['quic key', keys.key],
    ['quic iv', keys.iv],
    ['quic hp', keys.hp],
  ] as const) {
    expect(toHex(expandLabel(provider, 'sha256', secret, label, EMPTY, expected.length / 2))).toBe(expected);
  }
}

function expectPacket(provider: CryptoProvider, vector: Packet, keys: Keys): void {
  const name = vector.aead as AeadName;
  const aead = provider.createAead(name, fromHex(keys.key), fromHex(keys.iv));
  const header = fromHex(vector.header);
  const payload = new Uint8Array(vector.payloadLength);
  payload.set(fromHex(vector.payload));
  const buffer = concatBytes(header, payload, new Uint8Array(TAG_LENGTH));
  const payloadEnd = header.length + payload.length;
  aead.seal(vector.packetNumber, buffer, 0, header.length, payloadEnd);

  const protection = provider.createHeaderProtection(name, fromHex(keys.hp));
  const numberAt = header.length - vector.packetNumberLength;
  expect(toHex(buffer.subarray(numberAt + 4, numberAt + 20))).toBe(vector.sample);
  protection.compute(buffer, numberAt + 4);
  expect(toHex(protection.mask)).toBe(vector.mask);

  const packet = buffer.slice();
  packet[0]! ^= protection.mask[0]! & (packet[0]! & 0x80 ? 0x0f : 0x1f);
  for (let i = 0; i < vector.packetNumberLength; i++) packet[numberAt + i]! ^= protection.mask[1 + i]!;
  expect(toHex(packet.subarray(0, header.length))).toBe(vector.protectedHeader);
  expect(toHex(packet)).toBe(vector.packet);

  expect(aead.open(vector.packetNumber, buffer, 0, header.length, buffer.length)).toBe(true);
  expect(equalBytes(buffer.subarray(header.length, payloadEnd), payload)).toBe(true);
}

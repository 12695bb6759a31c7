import { describe, expect, test } from '@jest/globals';
import { toHex } from '@tsquic/bytes';
import { createSoftwareAead } from '../../software/aead.ts';
import { createSoftwareHeaderProtection } from '../../software/header-protection.ts';
import { CIPHER_SUITES } from '../../suites.ts';
import { createFfiAead, createFfiHeaderProtection, hasFfiAead } from './ciphers.ts';
import { createFfiProvider } from './provider.ts';
import { passesSelfTest } from './self-test.ts';

describe('the self-test', () => {
  test('passes what seals and opens as it must', () => {
    expect(passesSelfTest(createSoftwareAead, createSoftwareHeaderProtection)).toBe(true);
  });

  test.each([
    ['seals something else', { seal: () => undefined }],
    ['opens whatever comes', { open: () => true }],
    ['opens nothing', { open: () => false }],
  ])('refuses what %s', (_title, change) => {
    const create: typeof createSoftwareAead = (...key) => {
      const aead = createSoftwareAead(...key);
      return {
        seal: (...packet) => aead.seal(...packet),
        open: (...packet) => aead.open(...packet),
        ...change,
      };
    };
    expect(passesSelfTest(create, createSoftwareHeaderProtection)).toBe(false);
  });

  test('refuses what masks headers otherwise', () => {
    const mask = new Uint8Array(5);
    expect(passesSelfTest(createSoftwareAead, () => ({ mask, compute: () => {} }))).toBe(false);
  });
});

(hasFfiAead() ? describe.skip : describe)('without node:ffi', () => {
  test('it says what to use', () => {
    expect(() => createFfiProvider()).toThrow('use createNodeProvider');
    expect(() => createFfiAead('aes-128-gcm', new Uint8Array(16), new Uint8Array(12))).toThrow('node:ffi');
    expect(() => createFfiHeaderProtection('aes-128-gcm', new Uint8Array(16))).toThrow('node:ffi');
  });
});

// `pnpm ports` runs this in the newest Node 26, by the compliance of the provider.
(hasFfiAead() ? describe : describe.skip)('with node:ffi', () => {
  test('more keys than contexts: each keeps its own, and packets may be longer than any', () => {
    const keys = Array.from({ length: 500 }, (_, i) => {
      const { aead, keyLength } = CIPHER_SUITES[i % 3]!;
      const [key, iv] = [new Uint8Array(keyLength).fill(i), new Uint8Array(12).fill(i >> 4)];
      return { ours: createFfiAead(aead, key, iv), theirs: createSoftwareAead(aead, key, iv) };
    });
    const packets = keys.map(({ ours, theirs }, i) => {
      const length = i === 7 ? 70_000 : i;
      const [packet, expected] = [new Uint8Array(50 + length + 16), new Uint8Array(50 + length + 16)];
      ours.seal(i, packet, 0, i % 50, (i % 50) + length);
      theirs.seal(i, expected, 0, i % 50, (i % 50) + length);
      expect(toHex(packet)).toBe(toHex(expected));
      return { packet, end: (i % 50) + length + 16 };
    });
    for (const [i, { packet, end }] of packets.entries()) {
      expect(keys[i]!.ours.open(i + 1, packet, 0, i % 50, end)).toBe(false);
      expect(keys[i]!.ours.open(i, packet, 0, i % 50, end)).toBe(true);
    }
  });

  test('masks of more keys than contexts, in turn', () => {
    const keys = Array.from({ length: 200 }, (_, i) => {
      const { aead, keyLength } = CIPHER_SUITES[i % 3]!;
      const key = new Uint8Array(keyLength).fill(i);
      return {
        ours: createFfiHeaderProtection(aead, key),
        theirs: createSoftwareHeaderProtection(aead, key),
      };
    });
    const packet = Uint8Array.from({ length: 60 }, (_, i) => i * 37);
    for (const round of [0, 1])
      for (const [i, { ours, theirs }] of keys.entries()) {
        ours.compute(packet, (i % 40) + round);
        const mask = toHex(ours.mask);
        theirs.compute(packet, (i % 40) + round);
        expect(mask).toBe(toHex(theirs.mask));
      }
  });

  // Such headers are taken as those of TLS records, whose last two bytes are a length that must not overflow.
  test('headers of 13 bytes, whatever ends them, between others of the same key', () => {
    for (const { aead, keyLength } of CIPHER_SUITES) {
      const [key, iv] = [
        new Uint8Array(keyLength).fill(5),
        Uint8Array.from({ length: 12 }, (_, i) => i * 17),
      ];
      const [ours, theirs] = [createFfiAead(aead, key, iv), createSoftwareAead(aead, key, iv)];
      for (const end of [0, 7, 8, 23, 24, 0xff, 0x100, 0x7fff, ...range(0xffe0, 0xffff)])
        for (const [header, length] of [
          [13, 0],
          [12, 30],
          [13, 33],
        ] as const) {
          const packet = Uint8Array.from({ length: 3 + header + length + 16 }, (_, i) => i * 5);
          packet.set([end >> 8, end], 3 + header - 2);
          const [plain, expected] = [packet.slice(), packet.slice()];
          const number = 2 ** 40 + end;
          ours.seal(number, packet, 3, 3 + header, packet.length - 16);
          theirs.seal(number, expected, 3, 3 + header, packet.length - 16);
          expect(toHex(packet)).toBe(toHex(expected));
          const forged = packet.slice();
          forged[3]! ^= 1;
          const before = toHex(forged);
          expect(ours.open(number, forged, 3, 3 + header, forged.length)).toBe(false);
          expect(toHex(forged)).toBe(before);
          expect(ours.open(number, packet, 3, 3 + header, packet.length)).toBe(true);
          expect(toHex(packet.subarray(0, -16))).toBe(toHex(plain.subarray(0, -16)));
        }
    }
  });
});

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

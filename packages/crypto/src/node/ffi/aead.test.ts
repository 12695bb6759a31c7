import { describe, expect, test } from '@jest/globals';
import { toHex } from '@tsquic/bytes';
import { createSoftwareAead } from '../../software/aead.ts';
import { CIPHER_SUITES } from '../../suites.ts';
import { createFfiAead, hasFfiAead } from './aead.ts';
import { createFfiProvider } from './provider.ts';
import { passesSelfTest } from './self-test.ts';

describe('the self-test', () => {
  test('passes what seals and opens as it must', () => {
    expect(passesSelfTest(createSoftwareAead)).toBe(true);
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
    expect(passesSelfTest(create)).toBe(false);
  });
});

(hasFfiAead() ? describe.skip : describe)('without node:ffi', () => {
  test('it says what to use', () => {
    expect(() => createFfiProvider()).toThrow('use createNodeProvider');
    expect(() => createFfiAead('aes-128-gcm', new Uint8Array(16), new Uint8Array(12))).toThrow('node:ffi');
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
});

import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { encodeStatelessReset, resetToken } from './stateless-reset.ts';

let seed = 1;
const crypto = createNodeProvider({ random: (out) => out.fill(seed++ & 0xff) });
const token = Uint8Array.from({ length: 16 }, (_, i) => i);

describe('Stateless Reset', () => {
  test('looks like a short header packet and ends in the token', () => {
    covers('rfc9000-10.3-8');
    for (let i = 0; i < 256; i++) {
      const packet = encodeStatelessReset(crypto, token, 1200)!;
      expect(packet[0]! & 0xc0).toBe(0x40);
      expect(packet.subarray(-16)).toEqual(token);
      expect(packet.length).toBeGreaterThanOrEqual(21);
    }
  });

  test('every bit between the first two and the token is as often set as not', () => {
    covers('rfc9000-10.3-3');
    const random = seededCrypto(43);
    const packets = Array.from({ length: 1000 }, () => encodeStatelessReset(random, token, 43)!);
    for (let bit = 2; bit < 8 * (42 - 16); bit++) {
      const set = packets.filter((packet) => (packet[bit >> 3]! & (0x80 >> (bit & 7))) !== 0).length;
      // 500 of 1000 within five standard deviations of 16.
      expect(Math.abs(set - 500)).toBeLessThan(80);
    }
    expect(new Set(packets.map((packet) => packet.join())).size).toBe(1000);
  });

  test('is shorter than what it answers, or is not sent', () => {
    covers('rfc9000-10.3-5', 'rfc9000-10.3-6', 'rfc9000-10.3.3-1');
    for (let length = 0; length <= 1500; length++) {
      const packet = encodeStatelessReset(crypto, token, length);
      if (length < 22) expect(packet).toBeUndefined();
      else if (length <= 43) expect(packet).toHaveLength(length - 1);
      else expect(packet!.length).toBeLessThan(length);
    }
  });

  test('tokens are the same for the same ID, and tell nothing of each other', () => {
    covers('rfc9000-10.3.2-1', 'rfc9000-10.3.2-5');
    const key = new Uint8Array(32).fill(9);
    const tokens = Array.from({ length: 200 }, (_, i) => resetToken(crypto, key, Uint8Array.of(i, 1, 2, 3)));
    expect(new Set(tokens.map((one) => one.join())).size).toBe(200);
    expect(tokens.every((one) => one.length === 16)).toBe(true);
    expect(resetToken(crypto, key, Uint8Array.of(7, 1, 2, 3))).toEqual(tokens[7]);
    // Two IDs that differ in one byte have tokens that differ in 64 of 128 bits, within six standard deviations.
    const bits = (byte: number): number => [1, 2, 4, 8, 16, 32, 64, 128].filter((bit) => byte & bit).length;
    for (let i = 1; i < 200; i++) {
      const apart = tokens[i]!.reduce((sum, byte, at) => sum + bits(byte ^ tokens[i - 1]![at]!), 0);
      expect(Math.abs(apart - 64)).toBeLessThan(34);
    }
    expect(resetToken(crypto, new Uint8Array(32).fill(8), Uint8Array.of(7, 1, 2, 3))).not.toEqual(tokens[7]);
  });
});

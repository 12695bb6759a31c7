import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { covers } from '../../../../tools/covers.ts';
import { encodeStatelessReset, resetToken } from './stateless-reset.ts';

let seed = 1;
const crypto = createNodeProvider({ random: (out) => out.fill(seed++ & 0xff) });
const token = Uint8Array.from({ length: 16 }, (_, i) => i);

describe('Stateless Reset', () => {
  test(`looks like a short header packet and ends in the token ${covers('rfc9000-10.3-3', 'rfc9000-10.3-8')}`, () => {
    for (let i = 0; i < 256; i++) {
      const packet = encodeStatelessReset(crypto, token, 1200)!;
      expect(packet[0]! & 0xc0).toBe(0x40);
      expect(packet.subarray(-16)).toEqual(token);
      expect(packet.length).toBeGreaterThanOrEqual(21);
    }
  });

  test(`is shorter than what it answers, or is not sent ${covers('rfc9000-10.3-5', 'rfc9000-10.3-6', 'rfc9000-10.3.3-1')}`, () => {
    for (let length = 0; length <= 1500; length++) {
      const packet = encodeStatelessReset(crypto, token, length);
      if (length < 22) expect(packet).toBeUndefined();
      else if (length <= 43) expect(packet).toHaveLength(length - 1);
      else expect(packet!.length).toBeLessThan(length);
    }
  });

  test(`tokens are the same for the same ID, and tell nothing of each other ${covers('rfc9000-10.3.2-1', 'rfc9000-10.3.2-5')}`, () => {
    const key = new Uint8Array(32).fill(9);
    const tokens = Array.from({ length: 200 }, (_, i) => resetToken(crypto, key, Uint8Array.of(i, 1, 2, 3)));
    expect(new Set(tokens.map((one) => one.join())).size).toBe(200);
    expect(tokens.every((one) => one.length === 16)).toBe(true);
    expect(resetToken(crypto, key, Uint8Array.of(7, 1, 2, 3))).toEqual(tokens[7]);
    expect(resetToken(crypto, new Uint8Array(32).fill(8), Uint8Array.of(7, 1, 2, 3))).not.toEqual(tokens[7]);
  });
});

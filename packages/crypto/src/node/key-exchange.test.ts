import * as nodeCrypto from 'node:crypto';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { createNobleProvider } from '../noble/provider.ts';
import type { CryptoProvider, RandomSource } from '../provider.ts';
import { Group } from '../provider.ts';

/** What node:crypto was given. */
const imported: { readonly halves: string; readonly derived: string }[] = [];
let createNodeProvider: (options?: { random?: RandomSource }) => CryptoProvider;

beforeAll(async () => {
  jest.unstable_mockModule('node:crypto', () => ({
    ...nodeCrypto,
    createPrivateKey: (input: { key: { x?: string; y?: string }; format: string }) => {
      const key = nodeCrypto.createPrivateKey(input as unknown as nodeCrypto.JsonWebKeyInput);
      if (input.format === 'jwk') {
        const { x, y } = nodeCrypto.createPublicKey(key).export({ format: 'jwk' });
        imported.push({ halves: `${input.key.x} ${input.key.y}`, derived: `${x} ${y}` });
      }
      return key;
    },
  }));
  ({ createNodeProvider } = await import('./provider.ts'));
});

test('a private JWK carries its true public half: runtimes compare them. RFC 8037 §2', () => {
  for (const group of Object.values(Group)) {
    createNodeProvider().generateKeyShare(group);
    createNodeProvider({ random: counting() }).generateKeyShare(group);
  }
  for (const { halves, derived } of imported) expect(halves).toBe(derived);
});

test('the random source of the program decides the key, the platform decides without one', () => {
  const noble = createNobleProvider({ random: counting() });
  const [first, second] = [counting(), counting()].map((random) => createNodeProvider({ random }));
  const platform = createNodeProvider();
  for (const group of Object.values(Group)) {
    const { publicKey } = first!.generateKeyShare(group);
    expect(second!.generateKeyShare(group).publicKey).toEqual(publicKey);
    expect(noble.generateKeyShare(group).publicKey).toEqual(publicKey);
    const [ours, theirs] = [platform.generateKeyShare(group), platform.generateKeyShare(group)];
    expect(ours.publicKey).not.toEqual(theirs.publicKey);
    expect(ours.deriveSecret(theirs.publicKey)).toEqual(theirs.deriveSecret(ours.publicKey));
  }
});

/** 1, 2, 3 and so on. */
function counting(): RandomSource {
  let next = 0;
  return (out) => {
    for (let i = 0; i < out.length; i++) out[i] = ++next & 255;
  };
}

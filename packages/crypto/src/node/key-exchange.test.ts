import { spawnSync } from 'node:child_process';
import * as nodeCrypto from 'node:crypto';
import { fileURLToPath } from 'node:url';
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

test('collections of garbage and new keys do not wait for each other', () => {
  const program = fileURLToPath(new URL('../../test/programs/many-key-shares.ts', import.meta.url));
  // Exports of generated keys stood still in three of four such runs.
  for (const flag of ['--max-semi-space-size=1', '--no-warnings']) {
    const words = [flag, '-C', 'tsquic-src', '--import', './tools/ts.mjs', program];
    const { stdout, signal } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 240_000 });
    expect([stdout, signal]).toEqual(['20000\n', null]);
  }
}, 500_000);

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
    const answer = platform.answerKeyShare(group, ours.publicKey)!;
    expect(ours.deriveSecret(answer.publicKey)).toEqual(answer.secret);
  }
});

/** 1, 2, 3 and so on. */
function counting(): RandomSource {
  let next = 0;
  return (out) => {
    for (let i = 0; i < out.length; i++) out[i] = ++next & 255;
  };
}

import { describe, expect, test } from '@jest/globals';
import { ML_KEM_CIPHERTEXT_BYTES, ML_KEM_KEY_BYTES, type MlKem } from '../keys/ml-kem.ts';
import { Group } from '../provider.ts';
import { createSoftwareMlKem } from '../software/ml-kem.ts';
import { fillRandom } from './random.ts';
import { createNodeMlKem } from './ml-kem.ts';
import { createNodeProvider } from './provider.ts';

const native = createNodeMlKem();
/** Both on hosts that have ML-KEM, otherwise the one in TypeScript alone. */
const IMPLEMENTATIONS: readonly (readonly [string, MlKem])[] = [
  ['in TypeScript', createSoftwareMlKem(fillRandom)],
  ...(native === undefined ? [] : [['of the host', native] as const]),
];
const PAIRS = IMPLEMENTATIONS.flatMap(([name, key]) =>
  IMPLEMENTATIONS.map(([other, answer]) => [name, other, key, answer] as const),
);

describe.each(PAIRS)('a key %s and an answer %s', (_key, _answer, owner, peer) => {
  test('share a secret', () => {
    for (let i = 0; i < 20; i++) {
      const key = owner.generateKey();
      expect(key.encapsulationKey).toHaveLength(ML_KEM_KEY_BYTES);
      const { ciphertext, secret } = peer.encapsulate(key.encapsulationKey)!;
      expect([ciphertext.length, secret.length]).toEqual([ML_KEM_CIPHERTEXT_BYTES, 32]);
      expect(new Uint8Array(key.decapsulate(ciphertext)!)).toEqual(new Uint8Array(secret));
      expect(key.decapsulate(peer.encapsulate(key.encapsulationKey)!.ciphertext)).not.toEqual(secret);
    }
  });

  test('share none where the ciphertext was changed, and refuse none for that', () => {
    const key = owner.generateKey();
    const { ciphertext, secret } = peer.encapsulate(key.encapsulationKey)!;
    for (const at of [0, 500, 1087]) {
      const changed = ciphertext.slice();
      changed[at] = changed[at]! ^ 1;
      const implicit = key.decapsulate(changed);
      expect(implicit).toHaveLength(32);
      expect(implicit).not.toEqual(secret);
      // The same every time: FIPS 203 §6.3
      expect(key.decapsulate(changed)).toEqual(implicit);
    }
  });
});

test.each(IMPLEMENTATIONS)('%s, what has a wrong length or is not reduced is refused', (_name, mlKem) => {
  const key = mlKem.generateKey();
  for (const length of [0, 32, 1087, 1089]) expect(key.decapsulate(new Uint8Array(length))).toBeUndefined();
  for (const length of [0, 1183, 1185]) expect(mlKem.encapsulate(new Uint8Array(length))).toBeUndefined();
  for (const at of [0, 3, 1149]) {
    // 3329 in the twelve bits of a coefficient: the least number that is no residue. FIPS 203 §7.2
    const unreduced = key.encapsulationKey.slice();
    unreduced[at] = 0x01;
    unreduced[at + 1] = (unreduced[at + 1]! & 0xf0) | 0x0d;
    expect(mlKem.encapsulate(unreduced)).toBeUndefined();
  }
});

test('X25519MLKEM768 leads where the host has ML-KEM, and not where randomness is the program', () => {
  expect(createNodeProvider().preferredGroups.includes(Group.X25519MLKEM768)).toBe(native !== undefined);
  expect(createNodeProvider().preferredGroups[0]).toBe(
    native === undefined ? Group.X25519 : Group.X25519MLKEM768,
  );
  expect(createNodeProvider({ random: fillRandom }).preferredGroups).not.toContain(Group.X25519MLKEM768);
});

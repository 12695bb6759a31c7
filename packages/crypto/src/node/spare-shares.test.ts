import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Group, type KeyShare } from '../provider.ts';
import { SpareShares } from './spare-shares.ts';

test('four shares at most are made ahead, and none is given out twice', async () => {
  let made = 0;
  const shares = new SpareShares((): KeyShare => ({
    group: Group.X25519,
    publicKey: Uint8Array.of(++made),
    deriveSecret: () => undefined,
  }));
  const take = (): number => shares.take().publicKey[0]!;
  expect(take()).toBe(1);
  expect(made).toBe(1);
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  expect(made).toBe(5);
  const taken = Array.from({ length: 6 }, take);
  expect(new Set(taken).size).toBe(6);
  expect(taken).not.toContain(1);
  expect(made).toBe(7);
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  expect(made).toBe(11);
});

import { expect, test } from '@jest/globals';
import { groupByName, groupName } from './groups.ts';
import { Group } from './provider.ts';

test('every group is found by its name, in any letters', () => {
  for (const group of Object.values(Group)) {
    expect(groupByName(groupName(group))).toBe(group);
    expect(groupByName(groupName(group).toLowerCase())).toBe(group);
  }
});

test('the NIST curves have other names, and what is no group has none', () => {
  expect(['prime256v1', 'secp256r1', 'secp384r1'].map(groupByName)).toEqual([
    Group.Secp256r1,
    Group.Secp256r1,
    Group.Secp384r1,
  ]);
  expect(['', 'auto', 'P-521', 'X448', '__proto__'].map(groupByName)).toEqual(
    Array.from({ length: 5 }, () => undefined),
  );
});

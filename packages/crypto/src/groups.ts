import { Group } from './provider.ts';

/** The name of a group as node:tls has it in `ecdhCurve`, and OpenSSL. */
export type GroupName = 'X25519MLKEM768' | 'X25519' | 'P-256' | 'P-384';

/** The name of a key exchange group. */
export function groupName(group: Group): GroupName {
  return NAMES.find(([known]) => known === group)![1];
}

/**
 * The group of this name, in upper or lower case; the other names of the NIST curves are accepted. Undefined
 * for an unknown name.
 */
export function groupByName(name: string): Group | undefined {
  const wanted = name.toLowerCase();
  return NAMES.find(([, ...names]) => names.some((known) => known.toLowerCase() === wanted))?.[0];
}

/** Each group with its name, then its other names. */
const NAMES: readonly (readonly [Group, GroupName, ...string[]])[] = [
  [Group.X25519MLKEM768, 'X25519MLKEM768'],
  [Group.X25519, 'X25519'],
  [Group.Secp256r1, 'P-256', 'prime256v1', 'secp256r1'],
  [Group.Secp384r1, 'P-384', 'secp384r1'],
];

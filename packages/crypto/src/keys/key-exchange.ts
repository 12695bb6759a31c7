import { Group, type KeyAnswer, type KeyShare } from '../provider.ts';
import type { MlKem } from './ml-kem.ts';
import { answerHybridShare, createHybridShare } from './x25519-ml-kem.ts';

/** Groups of the Diffie-Hellman kind, in which both sides do the same. */
export type AgreementGroup = Exclude<Group, typeof Group.X25519MLKEM768>;

/** Generates a share of such a group. */
export type Agreement = (group: AgreementGroup) => KeyShare;

/** Groups that are fast on every host, preferred ones first. */
export const AGREEMENT_GROUPS: readonly Group[] = [Group.X25519, Group.Secp256r1, Group.Secp384r1];

/** The key exchange of a provider, for both sides. */
export interface KeyExchange {
  generateKeyShare(group: Group): KeyShare;
  answerKeyShare(group: Group, peerPublicKey: Uint8Array): KeyAnswer | undefined;
}

/** Key exchange by these agreements, and by `mlKem` together with one of them. */
export function createKeyExchange(agree: Agreement, mlKem: MlKem): KeyExchange {
  return {
    generateKeyShare: (group) =>
      group === Group.X25519MLKEM768 ? createHybridShare(mlKem, agree(Group.X25519)) : agree(group),
    answerKeyShare(group, peerPublicKey) {
      if (group === Group.X25519MLKEM768) return answerHybridShare(mlKem, agree(Group.X25519), peerPublicKey);
      const own = agree(group);
      const secret = own.deriveSecret(peerPublicKey);
      return secret && { publicKey: own.publicKey, secret };
    },
  };
}

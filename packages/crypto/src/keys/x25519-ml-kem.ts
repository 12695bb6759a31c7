import { concatBytes } from '@tsquic/bytes';
import { Group, type KeyAnswer, type KeyShare } from '../provider.ts';
import { ML_KEM_CIPHERTEXT_BYTES, ML_KEM_KEY_BYTES, type MlKem } from './ml-kem.ts';

const X25519_BYTES = 32;

/**
 * A client's share of X25519MLKEM768: an encapsulation key, then a share of X25519. The secret is that of
 * ML-KEM, then that of X25519, so that an attacker has to break both. draft-ietf-tls-ecdhe-mlkem
 */
export function createHybridShare(mlKem: MlKem, x25519: KeyShare): KeyShare {
  const key = mlKem.generateKey();
  return {
    group: Group.X25519MLKEM768,
    publicKey: concatBytes(key.encapsulationKey, x25519.publicKey),
    agreement: x25519,
    deriveSecret(peerPublicKey) {
      if (peerPublicKey.length !== ML_KEM_CIPHERTEXT_BYTES + X25519_BYTES) return undefined;
      const agreed = x25519.deriveSecret(peerPublicKey.subarray(ML_KEM_CIPHERTEXT_BYTES));
      const secret = key.decapsulate(peerPublicKey.subarray(0, ML_KEM_CIPHERTEXT_BYTES));
      return agreed && secret && concatBytes(secret, agreed);
    },
  };
}

/** The server's answer: a ciphertext, then a share of X25519; undefined for an invalid share. */
export function answerHybridShare(
  mlKem: MlKem,
  x25519: KeyShare,
  peerPublicKey: Uint8Array,
): KeyAnswer | undefined {
  if (peerPublicKey.length !== ML_KEM_KEY_BYTES + X25519_BYTES) return undefined;
  const agreed = x25519.deriveSecret(peerPublicKey.subarray(ML_KEM_KEY_BYTES));
  if (agreed === undefined) return undefined;
  const answer = mlKem.encapsulate(peerPublicKey.subarray(0, ML_KEM_KEY_BYTES));
  return (
    answer && {
      publicKey: concatBytes(answer.ciphertext, x25519.publicKey),
      secret: concatBytes(answer.secret, agreed),
    }
  );
}

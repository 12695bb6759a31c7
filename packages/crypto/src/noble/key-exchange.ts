import { x25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import { P256_ORDER, P384_ORDER } from '../keys/nist-order.ts';
import type { AgreementGroup } from '../keys/key-exchange.ts';
import { drawScalar } from '../keys/private-scalar.ts';
import type { KeyShare, RandomSource } from '../provider.ts';
import { Group } from '../provider.ts';

/** An ephemeral key over @noble/curves, drawn from `random`. */
export function generateNobleKeyShare(group: AgreementGroup, random: RandomSource): KeyShare {
  switch (group) {
    case Group.X25519:
      return generateX25519(random);
    case Group.Secp256r1:
      return generateNist(group, p256, drawScalar(random, P256_ORDER));
    case Group.Secp384r1:
      return generateNist(group, p384, drawScalar(random, P384_ORDER));
  }
}

function generateX25519(random: RandomSource): KeyShare {
  const secret = new Uint8Array(32);
  random(secret);
  return {
    group: Group.X25519,
    publicKey: x25519.getPublicKey(secret),
    deriveSecret(peerPublicKey) {
      if (peerPublicKey.length !== 32) return undefined;
      // The library throws for an all-zero result.
      try {
        return x25519.getSharedSecret(secret, peerPublicKey);
      } catch {
        return undefined;
      }
    },
  };
}

function generateNist(group: AgreementGroup, curve: typeof p256, secret: Uint8Array): KeyShare {
  const publicKey = curve.getPublicKey(secret, false);
  return {
    group,
    publicKey,
    deriveSecret(peerPublicKey) {
      if (peerPublicKey.length !== publicKey.length || peerPublicKey[0] !== UNCOMPRESSED) return undefined;
      try {
        // The encoded point is a byte for the sign, then the x coordinate.
        return curve.getSharedSecret(secret, peerPublicKey, true).slice(1);
      } catch {
        return undefined;
      }
    },
  };
}

const UNCOMPRESSED = 4;

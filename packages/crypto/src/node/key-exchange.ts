import { concatBytes, fromHex } from '@tsquic/bytes';
import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { P256_ORDER, P384_ORDER } from '../keys/nist-order.ts';
import { drawScalar } from '../keys/private-scalar.ts';
import type { KeyShare, RandomSource } from '../provider.ts';
import { Group } from '../provider.ts';
import { asBuffer, asBytes } from './bytes.ts';

/** An ephemeral key over node:crypto, drawn from `random`. */
export function generateNodeKeyShare(group: Group, random: RandomSource): KeyShare {
  switch (group) {
    case Group.X25519:
      return generateX25519(random);
    case Group.Secp256r1:
      return generateNist(group, 'prime256v1', drawScalar(random, P256_ORDER));
    case Group.Secp384r1:
      return generateNist(group, 'secp384r1', drawScalar(random, P384_ORDER));
  }
}

function generateX25519(random: RandomSource): KeyShare {
  const secret = new Uint8Array(32);
  random(secret);
  const key = asBuffer(concatBytes(X25519_PKCS8_PREFIX, secret));
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const encoded = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    group: Group.X25519,
    publicKey: asBytes(encoded).slice(X25519_SPKI_PREFIX.length),
    deriveSecret(peerPublicKey) {
      if (peerPublicKey.length !== 32) return undefined;
      const peerKey = asBuffer(concatBytes(X25519_SPKI_PREFIX, peerPublicKey));
      try {
        const publicKey = createPublicKey({ key: peerKey, format: 'der', type: 'spki' });
        const shared = asBytes(diffieHellman({ privateKey, publicKey }));
        return isZero(shared) ? undefined : shared;
      } catch {
        // OpenSSL refuses an all-zero result itself.
        return undefined;
      }
    },
  };
}

function generateNist(group: Group, curve: string, secret: Uint8Array): KeyShare {
  const key = createECDH(curve);
  key.setPrivateKey(secret);
  const publicKey = asBytes(key.getPublicKey());
  return {
    group,
    publicKey,
    deriveSecret(peerPublicKey) {
      if (peerPublicKey.length !== publicKey.length || peerPublicKey[0] !== UNCOMPRESSED) return undefined;
      try {
        return asBytes(key.computeSecret(peerPublicKey));
      } catch {
        return undefined;
      }
    },
  };
}

function isZero(bytes: Uint8Array): boolean {
  let bits = 0;
  for (let i = 0; i < bytes.length; i++) bits |= bytes[i]!;
  return bits === 0;
}

const UNCOMPRESSED = 4;

/** What precedes the 32 bytes of a key in its DER forms, RFC 8410 §4 and §7. */
const X25519_PKCS8_PREFIX = fromHex('302e020100300506032b656e04220420');
const X25519_SPKI_PREFIX = fromHex('302a300506032b656e032100');

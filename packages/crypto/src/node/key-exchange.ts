import { Buffer } from 'node:buffer';
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

/** Keys go in and out as JWK, which OpenSSL reads several times faster than DER. RFC 8037 §2 */
function generateX25519(random: RandomSource): KeyShare {
  const secret = new Uint8Array(32);
  random(secret);
  // The public half of a private JWK must be there but is not looked at: it is derived from `d`.
  const jwk = { kty: 'OKP', crv: 'X25519', d: asBuffer(secret).toString('base64url'), x: NO_PUBLIC_HALF };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    group: Group.X25519,
    publicKey: asBytes(Buffer.from(x!, 'base64url')).slice(),
    deriveSecret(peerPublicKey) {
      if (peerPublicKey.length !== 32) return undefined;
      const peer = { kty: 'OKP', crv: 'X25519', x: asBuffer(peerPublicKey).toString('base64url') };
      try {
        const publicKey = createPublicKey({ key: peer, format: 'jwk' });
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

const NO_PUBLIC_HALF = 'A'.repeat(43);

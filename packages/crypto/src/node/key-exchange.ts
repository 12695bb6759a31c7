import { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomFillSync,
} from 'node:crypto';
import { P256_ORDER, P384_ORDER } from '../keys/nist-order.ts';
import { drawScalar } from '../keys/private-scalar.ts';
import type { KeyShare, RandomSource } from '../provider.ts';
import { Group } from '../provider.ts';
import { asBuffer, asBytes } from './bytes.ts';

/** An ephemeral key over node:crypto, drawn from `random` or, without one, from the operating system's source. */
export function generateNodeKeyShare(group: Group, random: RandomSource | undefined): KeyShare {
  switch (group) {
    case Group.X25519:
      return createX25519Share(random === undefined ? generateX25519Key() : drawX25519Key(random));
    case Group.Secp256r1:
      return generateNist(group, 'prime256v1', drawScalar(random ?? fillRandom, P256_ORDER));
    case Group.Secp384r1:
      return generateNist(group, 'secp384r1', drawScalar(random ?? fillRandom, P384_ORDER));
  }
}

/** OpenSSL draws the key itself: an import costs up to ten times as much, depending on the runtime. */
function generateX25519Key(): KeyObject {
  return generateKeyPairSync('x25519').privateKey;
}

/**
 * A key whose private half `random` decides. PKCS #8 carries no public half, so that the runtime derives the true
 * one; a private JWK must carry it, and newer runtimes compare the two. RFC 8410 §7, RFC 8037 §2
 */
function drawX25519Key(random: RandomSource): KeyObject {
  const pkcs8 = new Uint8Array(X25519_PKCS8_PREFIX.length + 32);
  pkcs8.set(X25519_PKCS8_PREFIX);
  random(pkcs8.subarray(X25519_PKCS8_PREFIX.length));
  return createPrivateKey({ key: asBuffer(pkcs8), format: 'der', type: 'pkcs8' });
}

/** Public keys go in and out as JWK, which OpenSSL reads several times faster than DER. RFC 8037 §2 */
function createX25519Share(privateKey: KeyObject): KeyShare {
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

/** The operating system's source. */
export function fillRandom(out: Uint8Array): void {
  randomFillSync(out);
}

function isZero(bytes: Uint8Array): boolean {
  let bits = 0;
  for (let i = 0; i < bytes.length; i++) bits |= bytes[i]!;
  return bits === 0;
}

const UNCOMPRESSED = 4;

/** PrivateKeyInfo of version 0 with the algorithm id-X25519, up to the 32 bytes of its CurvePrivateKey. RFC 8410 §7 */
const X25519_PKCS8_PREFIX = Uint8Array.of(
  ...[0x30, 0x2e, 0x02, 0x01, 0x00],
  ...[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e],
  ...[0x04, 0x22, 0x04, 0x20],
);

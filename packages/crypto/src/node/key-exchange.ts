import type { KeyObject } from 'node:crypto';
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
} from 'node:crypto';
import { P256_ORDER, P384_ORDER } from '../keys/nist-order.ts';
import type { AgreementGroup } from '../keys/key-exchange.ts';
import { drawScalar } from '../keys/private-scalar.ts';
import type { KeyShare, RandomSource } from '../provider.ts';
import { Group } from '../provider.ts';
import { asBuffer, asBytes } from './bytes.ts';
import { fillRandom } from './random.ts';
import { SpareShares } from './spare-shares.ts';

/** An ephemeral key over node:crypto, from `random` or, without it, from the operating system's source. */
export function generateNodeKeyShare(group: AgreementGroup, random: RandomSource | undefined): KeyShare {
  switch (group) {
    case Group.X25519:
      return random === undefined ? spares.take() : createX25519Share(drawX25519Key(random));
    case Group.Secp256r1:
      return generateNist(group, 'prime256v1', drawScalar(random ?? fillRandom, P256_ORDER));
    case Group.Secp384r1:
      return generateNist(group, 'secp384r1', drawScalar(random ?? fillRandom, P384_ORDER));
  }
}

/**
 * OpenSSL generates the keys itself, because an import takes up to ten times as long, depending on the
 * runtime. Those of the next handshakes are made while the program waits.
 */
const spares = new SpareShares(() => createX25519Share(generateKeyPairSync('x25519').privateKey));

/**
 * A key whose private half comes from `random`. PKCS #8 has no public half, so that the runtime derives it; a
 * private JWK would have to contain it, and newer runtimes compare the two. RFC 8410 §7, RFC 8037 §2
 */
function drawX25519Key(random: RandomSource): KeyObject {
  const pkcs8 = new Uint8Array(X25519_PKCS8_PREFIX.length + 32);
  pkcs8.set(X25519_PKCS8_PREFIX);
  random(pkcs8.subarray(X25519_PKCS8_PREFIX.length));
  return createPrivateKey({ key: asBuffer(pkcs8), format: 'der', type: 'pkcs8' });
}

/**
 * The public half is computed as RFC 7748 §6.1 has it, from the base point. To export it would be to ask for a deadlock: Node
 * holds a lock of the key while it allocates the result, and a collection of garbage at that moment takes the same lock, in the same thread, to
 * free what generated the key.
 */
function createX25519Share(privateKey: KeyObject): KeyShare {
  basePoint ??= readX25519Key(BASE_POINT);
  return {
    group: Group.X25519,
    publicKey: asBytes(diffieHellman({ privateKey, publicKey: basePoint })).slice(),
    deriveSecret(peerPublicKey) {
      if (peerPublicKey.length !== 32) return undefined;
      try {
        const publicKey = readX25519Key(peerPublicKey);
        const shared = asBytes(diffieHellman({ privateKey, publicKey }));
        return isZero(shared) ? undefined : shared;
      } catch {
        // OpenSSL throws for an all-zero result.
        return undefined;
      }
    },
  };
}

/** Public keys are read as JWK, which OpenSSL reads several times faster than DER. RFC 8037 §2 */
function readX25519Key(bytes: Uint8Array): KeyObject {
  const key = { kty: 'OKP', crv: 'X25519', x: asBuffer(bytes).toString('base64url') };
  return createPublicKey({ key, format: 'jwk' });
}

let basePoint: KeyObject | undefined;
/** The u-coordinate 9. RFC 7748 §4.1 */
const BASE_POINT = Uint8Array.of(9, ...new Uint8Array(31));

function generateNist(group: AgreementGroup, curve: string, secret: Uint8Array): KeyShare {
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

/** PrivateKeyInfo of version 0 with the algorithm id-X25519, up to the 32 bytes of its CurvePrivateKey. RFC 8410 §7 */
const X25519_PKCS8_PREFIX = Uint8Array.of(
  ...[0x30, 0x2e, 0x02, 0x01, 0x00],
  ...[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e],
  ...[0x04, 0x22, 0x04, 0x20],
);

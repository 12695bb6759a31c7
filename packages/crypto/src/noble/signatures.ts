import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import type { CurveName } from '../keys/algorithm.ts';
import type { PrivateKey } from '../keys/private-key.ts';
import { readPrivateKey } from '../keys/private-key.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { readPublicKey } from '../keys/public-key.ts';
import type { SchemeRule } from '../keys/scheme-rules.ts';
import { keySuitsRule, schemeRule, signatureLengthSuits, signingSchemes } from '../keys/scheme-rules.ts';
import type { CertificateScheme, RandomSource, SignatureScheme, Signer } from '../provider.ts';
import { NOBLE_HASHES } from './hashes.ts';
import { RsaSigningKey, verifyRsaPkcs1, verifyRsaPss } from './rsa.ts';

/** `CryptoProvider.verifySignature` over @noble/curves and BigInt RSA. */
export function verifyNobleSignature(
  scheme: SignatureScheme | CertificateScheme,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  saltLength?: number,
): boolean {
  const rule = schemeRule(scheme);
  if (rule === undefined) return false;
  try {
    const key = readPublicKey(publicKey);
    return (
      keySuitsRule(key, rule, saltLength) &&
      signatureLengthSuits(key, signature) &&
      verifyByRule(rule, key, message, signature, saltLength)
    );
  } catch {
    // The library throws for malformed keys, points off the curve and malformed signatures.
    return false;
  }
}

function verifyByRule(
  rule: SchemeRule,
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  saltLength: number | undefined,
): boolean {
  switch (key.kind) {
    case 'ecdsa':
      // The hash is taken here, because certificates may sign with one that is not the curve's own.
      return (
        rule.kind === 'ecdsa' &&
        CURVES[key.curve].verify(signature, NOBLE_HASHES[rule.hash](message), key.point, DIGEST_OPTIONS)
      );
    case 'ed25519':
      return ed25519.verify(signature, message, key.point, { zip215: false });
    case 'rsa':
    case 'rsa-pss':
      if (rule.kind === 'rsa-pss') return verifyRsaPss(key, rule.hash, message, signature, saltLength);
      return rule.kind === 'rsa-pkcs1' && verifyRsaPkcs1(key, rule.hash, message, signature);
  }
}

/**
 * `CryptoProvider.createSigner` in TypeScript. ECDSA nonces are deterministic (RFC 6979) and PSS salts come
 * from `random`, so that a seeded source makes every signature reproducible.
 */
export function createNobleSigner(privateKey: Uint8Array, random: RandomSource): Signer {
  const key = readPrivateKey(privateKey);
  const schemes = signingSchemes(key);
  const signByRule = createSigning(key, random);
  return {
    schemes,
    sign(scheme, message) {
      const rule = schemeRule(scheme);
      if (rule === undefined || !schemes.includes(scheme)) {
        throw new Error(`this key does not sign scheme ${scheme}`);
      }
      return signByRule(rule, message);
    },
  };
}

type Signing = (rule: SchemeRule, message: Uint8Array) => Uint8Array;

function createSigning(key: PrivateKey, random: RandomSource): Signing {
  switch (key.kind) {
    case 'ecdsa': {
      const curve = CURVES[key.curve];
      const scalar = key.scalar.slice();
      if (!curve.utils.isValidSecretKey(scalar)) throw new Error('EC private key out of range');
      return (_rule, message) => curve.sign(message, scalar, ECDSA_OPTIONS);
    }
    case 'ed25519': {
      const seed = key.seed.slice();
      return (_rule, message) => ed25519.sign(message, seed);
    }
    case 'rsa':
    case 'rsa-pss': {
      const signing = new RsaSigningKey(key);
      return (rule, message) => {
        if (rule.kind !== 'rsa-pss') throw new Error('RSA keys sign TLS 1.3 handshakes with PSS only');
        return signing.signPss(rule.hash, message, random);
      };
    }
  }
}

const CURVES: Readonly<Record<CurveName, typeof p256>> = { 'P-256': p256, 'P-384': p384, 'P-521': p521 };

/** TLS uses DER, and does not require the smaller of the two values of s. */
const ECDSA_OPTIONS = { format: 'der', lowS: false, prehash: true } as const;
const DIGEST_OPTIONS = { format: 'der', lowS: false, prehash: false } as const;

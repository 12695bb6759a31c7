import type { KeyObject } from 'node:crypto';
import { constants, createPrivateKey, sign, verify } from 'node:crypto';
import { HASH_LENGTH } from '../hash-length.ts';
import { wrapRsaPrivateKey } from '../keys/rsa-wrapping.ts';
import { readPrivateKey } from '../keys/private-key.ts';
import type { SchemeRule } from '../keys/scheme-rules.ts';
import { keySuitsRule, schemeRule, signatureLengthSuits, signingSchemes } from '../keys/scheme-rules.ts';
import type { CertificateScheme, SignatureScheme, Signer } from '../provider.ts';
import { asBuffer, asBytes } from './bytes.ts';
import { PublicKeys } from './public-keys.ts';

/** `CryptoProvider.verifySignature` over node:crypto. */
export function verifyNodeSignature(
  scheme: SignatureScheme | CertificateScheme,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  saltLength?: number,
): boolean {
  const rule = schemeRule(scheme);
  if (rule === undefined) return false;
  try {
    const { parsed, key } = KEYS.get(publicKey);
    if (!keySuitsRule(parsed, rule, saltLength) || !signatureLengthSuits(parsed, signature)) return false;
    return verify(digestName(rule), message, { key, ...signingOptions(rule, saltLength) }, signature);
  } catch {
    // The library throws for malformed keys and points off the curve.
    return false;
  }
}

/**
 * `CryptoProvider.createSigner` over node:crypto. ECDSA nonces and PSS salts come from the library, not from
 * an injected source.
 */
export function createNodeSigner(privateKey: Uint8Array): Signer {
  const parsed = readPrivateKey(privateKey);
  const schemes = signingSchemes(parsed);
  const pkcs8 = parsed.kind === 'rsa-pss' ? wrapRsaPrivateKey(parsed.encoded) : privateKey;
  const key: KeyObject = createPrivateKey({ key: asBuffer(pkcs8), format: 'der', type: 'pkcs8' });
  return {
    schemes,
    sign(scheme, message) {
      const rule = schemeRule(scheme);
      if (rule === undefined || !schemes.includes(scheme))
        throw new Error(`this key does not sign scheme ${scheme}`);
      return asBytes(sign(digestName(rule), message, { key, ...signingOptions(rule) }));
    },
  };
}

/** Ed25519 has a hash of its own, so that the library is given no name. */
function digestName(rule: SchemeRule): string | null {
  return rule.kind === 'ed25519' ? null : rule.hash;
}

function signingOptions(
  rule: SchemeRule,
  saltLength?: number,
): { dsaEncoding?: 'der'; padding?: number; saltLength?: number } {
  switch (rule.kind) {
    case 'ecdsa':
      return { dsaEncoding: 'der' };
    case 'ed25519':
      return {};
    case 'rsa-pkcs1':
      return { padding: constants.RSA_PKCS1_PADDING };
    case 'rsa-pss':
      return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltLength ?? HASH_LENGTH[rule.hash] };
  }
}

const KEYS = new PublicKeys();

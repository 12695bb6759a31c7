import type { Aead, HeaderProtection } from './aead.ts';
import type { AeadName } from './suites.ts';

/** Hashes of the TLS 1.3 suites and signature schemes. */
export type HashName = 'sha256' | 'sha384' | 'sha512';

/** Key exchange groups with their TLS code points, RFC 8446 §4.2.7. */
export const Group = { Secp256r1: 0x0017, Secp384r1: 0x0018, X25519: 0x001d } as const;
export type Group = (typeof Group)[keyof typeof Group];

/** Signature schemes with their TLS code points, RFC 8446 §4.2.3. */
export const SignatureScheme = {
  RsaPkcs1Sha256: 0x0401,
  RsaPkcs1Sha384: 0x0501,
  RsaPkcs1Sha512: 0x0601,
  EcdsaSecp256r1Sha256: 0x0403,
  EcdsaSecp384r1Sha384: 0x0503,
  EcdsaSecp521r1Sha512: 0x0603,
  RsaPssRsaeSha256: 0x0804,
  RsaPssRsaeSha384: 0x0805,
  RsaPssRsaeSha512: 0x0806,
  Ed25519: 0x0807,
  RsaPssPssSha256: 0x0809,
  RsaPssPssSha384: 0x080a,
  RsaPssPssSha512: 0x080b,
} as const;
export type SignatureScheme = (typeof SignatureScheme)[keyof typeof SignatureScheme];

/**
 * Signature algorithms that certificates use and TLS 1.3 handshakes do not: ECDSA whose hash is not tied to the
 * curve of the key. The numbers lie outside the 16 bits of TLS, so that no peer can name them. RFC 5758 §3.2
 */
export const CertificateScheme = {
  EcdsaSha256: 0x1_0403,
  EcdsaSha384: 0x1_0503,
  EcdsaSha512: 0x1_0603,
} as const;
export type CertificateScheme = (typeof CertificateScheme)[keyof typeof CertificateScheme];

/** Fills all of `out` with unpredictable bytes. Inject a seeded one for reproducible runs. */
export type RandomSource = (out: Uint8Array) => void;

/** A running hash. */
export interface Hash {
  update(bytes: Uint8Array): void;
  /** The hash of everything so far; more may be added afterwards. */
  digest(): Uint8Array;
}

/** One ephemeral private key. */
export interface KeyShare {
  readonly group: Group;
  /** As `key_exchange` in TLS: 32 bytes for X25519, an uncompressed point for the others. RFC 8446 §4.2.8 */
  readonly publicKey: Uint8Array;
  /**
   * The shared secret with the peer's public key, or undefined when that key is not acceptable: wrong
   * length, a point off the curve, or an all-zero X25519 result (RFC 8446 §7.4.2).
   */
  deriveSecret(peerPublicKey: Uint8Array): Uint8Array | undefined;
}

/** A long-term private key. */
export interface Signer {
  /** Schemes this key can sign with in TLS 1.3, best first; never empty. */
  readonly schemes: readonly SignatureScheme[];
  /** Signature over `message`; ECDSA signatures are DER. */
  sign(scheme: SignatureScheme, message: Uint8Array): Uint8Array;
}

/**
 * All cryptography the stack needs, synchronous. Implementations: `@tsquic/crypto/node` and
 * `@tsquic/crypto/noble`. Every one must pass `provider-compliance.ts`.
 */
export interface CryptoProvider {
  readonly name: string;

  /** Fill all of `out` from the injected random source. */
  random(out: Uint8Array): void;

  createHash(hash: HashName): Hash;
  hash(hash: HashName, bytes: Uint8Array): Uint8Array;
  hmac(hash: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** RFC 5869 §2.2. */
  hkdfExtract(hash: HashName, salt: Uint8Array, keyMaterial: Uint8Array): Uint8Array;
  /** RFC 5869 §2.3. Throws a RangeError for more than 255 hash outputs. */
  hkdfExpand(hash: HashName, key: Uint8Array, info: Uint8Array, length: number): Uint8Array;

  /** `key` and `iv` (12 bytes) are copied. */
  createAead(aead: AeadName, key: Uint8Array, iv: Uint8Array): Aead;
  /** `key` has the length of the AEAD's key and is copied. */
  createHeaderProtection(aead: AeadName, key: Uint8Array): HeaderProtection;

  generateKeyShare(group: Group): KeyShare;

  /**
   * Whether `signature` over `message` is by the key in `publicKey` (SubjectPublicKeyInfo, DER).
   * False, never an exception, for a malformed key or signature, or a key of another kind or curve than
   * the scheme names.
   *
   * @param saltLength - bytes of the salt of RSASSA-PSS, which certificates may choose (RFC 4055 §3.1). Default: the
   *   length of the hash, as TLS demands.
   */
  verifySignature(
    scheme: SignatureScheme | CertificateScheme,
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    saltLength?: number,
  ): boolean;

  /** A signer for a private key (PKCS #8, DER). Throws an Error that names the trouble for a key it cannot use. */
  createSigner(privateKey: Uint8Array): Signer;
}

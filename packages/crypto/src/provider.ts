import type { Aead, HeaderProtection } from './aead.ts';
import type { BlockCipher } from './block-cipher.ts';
import type { AeadName, CipherSuite } from './suites.ts';

/** Hashes of the TLS 1.3 suites and signature schemes. */
export type HashName = 'sha256' | 'sha384' | 'sha512';

/**
 * Key exchange groups with their TLS code points, RFC 8446 §4.2.7. X25519MLKEM768 also resists quantum
 * computers: draft-ietf-tls-ecdhe-mlkem.
 */
export const Group = {
  Secp256r1: 0x0017,
  Secp384r1: 0x0018,
  X25519: 0x001d,
  X25519MLKEM768: 0x11ec,
} as const;
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
 * Signature algorithms of certificates that TLS 1.3 handshakes do not use: ECDSA with a hash that does not
 * depend on the curve of the key. The numbers are outside of the 16 bits of TLS, so that no peer can send
 * them. RFC 5758 §3.2
 */
export const CertificateScheme = {
  EcdsaSha256: 0x1_0403,
  EcdsaSha384: 0x1_0503,
  EcdsaSha512: 0x1_0603,
} as const;
export type CertificateScheme = (typeof CertificateScheme)[keyof typeof CertificateScheme];

/** Fills all of `out` with unpredictable bytes. A seeded source makes runs reproducible. */
export type RandomSource = (out: Uint8Array) => void;

/** A running hash. */
export interface Hash {
  update(bytes: Uint8Array): void;
  /** The hash of all bytes so far; more may be added afterwards. */
  digest(): Uint8Array;
}

/** One ephemeral private key. */
export interface KeyShare {
  readonly group: Group;
  /**
   * The `key_exchange` of a ClientHello: 32 bytes for X25519, 1216 for X25519MLKEM768, an uncompressed point
   * for the others. RFC 8446 §4.2.8
   */
  readonly publicKey: Uint8Array;
  /**
   * The share of X25519 inside of one of X25519MLKEM768: a ClientHello may offer it once more, for itself. RFC 9954 §3.2
   */
  readonly agreement?: KeyShare;
  /**
   * The shared secret with the peer's answer (`KeyAnswer.publicKey`), or undefined when that is not
   * acceptable: wrong length, a point off the curve, or an all-zero X25519 result (RFC 8446 §7.4.2).
   */
  deriveSecret(peerPublicKey: Uint8Array): Uint8Array | undefined;
}

/** A server's answer to a client's share. */
export interface KeyAnswer {
  /**
   * The `key_exchange` of a ServerHello: 1120 bytes for X25519MLKEM768, otherwise as long as the client's.
   */
  readonly publicKey: Uint8Array;
  readonly secret: Uint8Array;
}

/** A long-term private key. */
export interface Signer {
  /** Schemes that this key can sign with in TLS 1.3, preferred ones first; never empty. */
  readonly schemes: readonly SignatureScheme[];
  /** The signature over `message`; ECDSA signatures are DER. */
  sign(scheme: SignatureScheme, message: Uint8Array): Uint8Array;
}

/**
 * All cryptography that the stack needs, synchronous. Implementations: `@tsquic/crypto/node`,
 * `@tsquic/crypto/noble` and `@tsquic/crypto/wasm`. Each must pass `provider-compliance.ts`.
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

  /** AES-128 with this key of 16 bytes, which is copied. Throws a RangeError for any other length. */
  createBlockCipher(key: Uint8Array): BlockCipher;

  /** All suites, those that are fast on this host first: an endpoint offers them in this order by default. */
  readonly preferredSuites: readonly CipherSuite[];

  /** Groups that are fast on this host, preferred ones first: an endpoint uses them by default. */
  readonly preferredGroups: readonly Group[];
  generateKeyShare(group: Group): KeyShare;
  /**
   * Answer a client's share with a new key; undefined when it is not acceptable, as for
   * `KeyShare.deriveSecret`.
   */
  answerKeyShare(group: Group, peerPublicKey: Uint8Array): KeyAnswer | undefined;

  /**
   * Whether `signature` over `message` is by the key in `publicKey` (SubjectPublicKeyInfo, DER). Returns
   * false, and never throws, for a malformed key or signature, and for a key of another kind or curve than
   * the scheme names.
   *
   * @param saltLength - length of the salt of RSASSA-PSS in bytes, which certificates may choose (RFC 4055
   * §3.1). Default: the length of the hash, as TLS requires.
   */
  verifySignature(
    scheme: SignatureScheme | CertificateScheme,
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    saltLength?: number,
  ): boolean;

  /**
   * A signer for a private key (PKCS #8, DER). Throws an Error that says what is wrong with an unusable key.
   */
  createSigner(privateKey: Uint8Array): Signer;
}

export { type Aead, type HeaderProtection, TAG_LENGTH } from './aead.ts';
export type { BlockCipher } from './block-cipher.ts';
export { groupByName, groupName, type GroupName } from './groups.ts';
export { HASH_LENGTH } from './hash-length.ts';
export { deriveSecret, expandLabel } from './labels.ts';
export {
  CertificateScheme,
  type CryptoProvider,
  Group,
  type Hash,
  type HashName,
  type KeyAnswer,
  type KeyShare,
  type RandomSource,
  SignatureScheme,
  type Signer,
} from './provider.ts';
export {
  AES_128_GCM_SHA256,
  AES_256_GCM_SHA384,
  type AeadName,
  CHACHA20_POLY1305_SHA256,
  CIPHER_SUITES,
  type CipherSuite,
  cipherSuiteById,
  IV_LENGTH,
} from './suites.ts';

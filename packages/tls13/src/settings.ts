import { type CipherSuite, type CryptoProvider, type Group, SignatureScheme } from '@tsquic/crypto';
import type { TlsClientOptions, TlsServerOptions } from './config.ts';

/** The options of either side with their defaults filled in. */
export interface Settings {
  readonly crypto: CryptoProvider;
  readonly suites: readonly CipherSuite[];
  /** Whether a server chooses by the order of its own suites, since they were given, and not by its client's. */
  readonly ordersSuites: boolean;
  readonly groups: readonly Group[];
  readonly signatureSchemes: readonly SignatureScheme[];
}

/** The options that settings are resolved from. */
export type SettingOptions = Pick<
  TlsClientOptions | TlsServerOptions,
  'crypto' | 'cipherSuites' | 'groups' | 'signatureSchemes'
>;

export function resolveSettings(options: SettingOptions): Settings {
  return {
    crypto: options.crypto,
    suites: options.cipherSuites ?? options.crypto.preferredSuites,
    ordersSuites: options.cipherSuites !== undefined,
    groups: options.groups ?? options.crypto.preferredGroups,
    signatureSchemes: options.signatureSchemes ?? DEFAULT_SIGNATURE_SCHEMES,
  };
}

const DEFAULT_SIGNATURE_SCHEMES: readonly SignatureScheme[] = [
  SignatureScheme.EcdsaSecp256r1Sha256,
  SignatureScheme.Ed25519,
  SignatureScheme.EcdsaSecp384r1Sha384,
  SignatureScheme.EcdsaSecp521r1Sha512,
  SignatureScheme.RsaPssRsaeSha256,
  SignatureScheme.RsaPssRsaeSha384,
  SignatureScheme.RsaPssRsaeSha512,
  SignatureScheme.RsaPssPssSha256,
  SignatureScheme.RsaPssPssSha384,
  SignatureScheme.RsaPssPssSha512,
  SignatureScheme.RsaPkcs1Sha256,
  SignatureScheme.RsaPkcs1Sha384,
  SignatureScheme.RsaPkcs1Sha512,
];

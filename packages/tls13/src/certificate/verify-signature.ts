import { bytesFromLatin1, concatBytes } from '@tsquic/bytes';
import { type CryptoProvider, SignatureScheme } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import type { Identity } from '../config.ts';
import type { Side } from '../key-schedule.ts';
import { type CertificateVerify, encodeCertificateVerify } from '../message/certificate-verify.ts';
import { certificatePublicKey } from './public-key.ts';

/** The scheme that `identity` signs with for a peer that accepts `accepted`, or undefined. */
export function chooseScheme(identity: Identity, accepted: readonly number[]): SignatureScheme | undefined {
  return identity.signer.schemes.find((scheme) => isHandshakeScheme(scheme) && accepted.includes(scheme));
}

/** The encoded CertificateVerify of `side` over its transcript hash. */
export function signCertificateVerify(
  side: Side,
  identity: Identity,
  scheme: SignatureScheme,
  transcriptHash: Uint8Array,
): Uint8Array {
  const signature = identity.signer.sign(scheme, signedContent(side, transcriptHash));
  return encodeCertificateVerify({ scheme, signature });
}

/** What a peer's CertificateVerify is checked with. */
export interface VerifyExpectation {
  /** The side that signed. */
  readonly side: Side;
  /** DER. */
  readonly leaf: Uint8Array;
  /** The schemes that this end accepts. */
  readonly accepted: readonly SignatureScheme[];
  readonly transcriptHash: Uint8Array;
}

/**
 * Check that the holder of the leaf's key has signed this handshake. RFC 8446 §4.4.3: illegal_parameter for a
 * scheme that was not offered, decrypt_error for a wrong signature.
 */
export function checkCertificateVerify(
  crypto: CryptoProvider,
  verify: CertificateVerify,
  expectation: VerifyExpectation,
): void {
  const scheme = expectation.accepted.find((accepted) => accepted === verify.scheme);
  if (scheme === undefined || !isHandshakeScheme(scheme)) {
    throw new TlsAlert(
      Alert.IllegalParameter,
      `CertificateVerify uses scheme 0x${verify.scheme.toString(16)}, which was not offered`,
    );
  }
  const publicKey = certificatePublicKey(expectation.leaf);
  const content = signedContent(expectation.side, expectation.transcriptHash);
  if (!crypto.verifySignature(scheme, publicKey, content, verify.signature)) {
    throw new TlsAlert(Alert.DecryptError, "CertificateVerify is not a signature by the certificate's key");
  }
}

/**
 * Whether a scheme may sign handshakes: PKCS #1 v1.5 is only for signatures in certificates, RFC 8446 §4.2.3.
 */
function isHandshakeScheme(scheme: SignatureScheme): boolean {
  return (
    scheme !== SignatureScheme.RsaPkcs1Sha256 &&
    scheme !== SignatureScheme.RsaPkcs1Sha384 &&
    scheme !== SignatureScheme.RsaPkcs1Sha512
  );
}

function signedContent(side: Side, transcriptHash: Uint8Array): Uint8Array {
  const context = `TLS 1.3, ${side} CertificateVerify`;
  return concatBytes(
    new Uint8Array(64).fill(0x20),
    bytesFromLatin1(context),
    Uint8Array.of(0),
    transcriptHash,
  );
}

import { toHex } from '@tsquic/bytes';
import { SignatureScheme } from '@tsquic/crypto';

/**
 * The scheme of an AlgorithmIdentifier (DER) in a certificate, or undefined for one that is not supported.
 *
 * A scheme of TLS 1.3 ties the hash to the curve: ecdsa-with-SHA256 by a P-384 key is not supported.
 * RFC 5758, RFC 8017 Appendix A, RFC 8410.
 */
export function schemeOfAlgorithm(algorithm: Uint8Array): SignatureScheme | undefined {
  return SCHEMES.get(toHex(algorithm));
}

/** RSASSA-PSS with the hash in both places and a salt of its length; the hash's parameters may be left out (RFC 4055 §2.1). */
const PSS = {
  withNull: (hashArc: string, saltLength: string): string => {
    const hash = `300d060960864801650304020${hashArc}0500`;
    return `304106092a864886f70d01010a3034a00f${hash}a11c301a06092a864886f70d010108${hash}a2030201${saltLength}`;
  },
  withoutNull: (hashArc: string, saltLength: string): string => {
    const hash = `300b060960864801650304020${hashArc}`;
    return `303d06092a864886f70d01010a3030a00d${hash}a11a301806092a864886f70d010108${hash}a2030201${saltLength}`;
  },
};

const SCHEMES: ReadonlyMap<string, SignatureScheme> = new Map<string, SignatureScheme>([
  ['300a06082a8648ce3d040302', SignatureScheme.EcdsaSecp256r1Sha256],
  ['300a06082a8648ce3d040303', SignatureScheme.EcdsaSecp384r1Sha384],
  ['300a06082a8648ce3d040304', SignatureScheme.EcdsaSecp521r1Sha512],
  ['300506032b6570', SignatureScheme.Ed25519],
  ['300d06092a864886f70d01010b0500', SignatureScheme.RsaPkcs1Sha256],
  ['300d06092a864886f70d01010c0500', SignatureScheme.RsaPkcs1Sha384],
  ['300d06092a864886f70d01010d0500', SignatureScheme.RsaPkcs1Sha512],
  [PSS.withNull('1', '20'), SignatureScheme.RsaPssRsaeSha256],
  [PSS.withNull('2', '30'), SignatureScheme.RsaPssRsaeSha384],
  [PSS.withNull('3', '40'), SignatureScheme.RsaPssRsaeSha512],
  [PSS.withoutNull('1', '20'), SignatureScheme.RsaPssRsaeSha256],
  [PSS.withoutNull('2', '30'), SignatureScheme.RsaPssRsaeSha384],
  [PSS.withoutNull('3', '40'), SignatureScheme.RsaPssRsaeSha512],
]);

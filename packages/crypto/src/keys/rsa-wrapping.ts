import { fromHex } from '@tsquic/bytes';
import { DerTag, encodeDer } from '@tsquic/bytes/der';

/** A SubjectPublicKeyInfo of kind rsaEncryption with this DER RSAPublicKey. RFC 8017 §A.1 */
export function wrapRsaPublicKey(encoded: Uint8Array): Uint8Array {
  return encodeDer(DerTag.Sequence, RSA_ENCRYPTION, encodeDer(DerTag.BitString, new Uint8Array(1), encoded));
}

/** A PKCS #8 structure of kind rsaEncryption with this DER RSAPrivateKey. RFC 5958 §2 */
export function wrapRsaPrivateKey(encoded: Uint8Array): Uint8Array {
  const version = encodeDer(DerTag.Integer, new Uint8Array(1));
  return encodeDer(DerTag.Sequence, version, RSA_ENCRYPTION, encodeDer(DerTag.OctetString, encoded));
}

/** AlgorithmIdentifier rsaEncryption with its NULL. */
const RSA_ENCRYPTION: Uint8Array = /* @__PURE__ */ fromHex('300d06092a864886f70d0101010500');

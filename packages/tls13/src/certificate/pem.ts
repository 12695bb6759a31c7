import { fromHex } from '@tsquic/bytes';
import { decodeBase64 } from './base64.ts';
import { DerError, DerReader, DerTag, encodeDer } from './der.ts';

/** One block of a PEM text. */
export interface PemBlock {
  /** As after BEGIN: 'CERTIFICATE', 'PRIVATE KEY'. */
  readonly label: string;
  readonly der: Uint8Array;
}

/** All blocks of a PEM text, RFC 7468; text between them is skipped. Throws an Error for a block that is malformed. */
export function decodePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const match of text.matchAll(/-----BEGIN ([^-]+)-----([\s\S]*?)-----END ([^-]+)-----/g)) {
    const [, label = '', body = '', end] = match;
    if (label !== end) throw new Error(`PEM: the block of '${label}' ends as '${end}'`);
    if (/^\s*Proc-Type:.*ENCRYPTED/.test(body))
      throw new Error('PEM: the private key is encrypted; decrypt it first');
    const der = decodeBase64(body);
    if (der === undefined) throw new Error(`PEM: the block of '${label}' is not base64`);
    blocks.push({ label, der });
  }
  return blocks;
}

/** All certificates of a PEM text, DER, in order: of a chain the leaf comes first. Throws an Error when there is none. */
export function certificatesFromPem(text: string): Uint8Array[] {
  const certificates = decodePem(text)
    .filter((block) => CERTIFICATE_LABELS.includes(block.label))
    .map((block) => block.der);
  if (certificates.length === 0) throw new Error('PEM: there is no certificate in this text');
  return certificates;
}

/**
 * The first private key of a PEM text as PKCS #8 (DER), for `CryptoProvider.createSigner`. Keys of the kinds
 * "EC PRIVATE KEY" and "RSA PRIVATE KEY" are wrapped. Throws an Error when there is none, or when it is encrypted.
 */
export function privateKeyFromPem(text: string): Uint8Array {
  for (const { label, der } of decodePem(text)) {
    if (label === 'PRIVATE KEY') return der;
    if (label === 'RSA PRIVATE KEY') return wrapKey(RSA_ALGORITHM, der);
    if (label === 'EC PRIVATE KEY') return wrapKey(curveAlgorithm(der), der);
    if (label === 'ENCRYPTED PRIVATE KEY')
      throw new Error('PEM: the private key is encrypted; decrypt it first');
  }
  throw new Error('PEM: there is no private key in this text');
}

/** PrivateKeyInfo, RFC 5208 §5. */
function wrapKey(algorithm: Uint8Array, key: Uint8Array): Uint8Array {
  const version = encodeDer(DerTag.Integer, Uint8Array.of(0));
  return encodeDer(DerTag.Sequence, version, algorithm, encodeDer(DerTag.OctetString, key));
}

/** The AlgorithmIdentifier of an ECPrivateKey, which names its curve. RFC 5915 §3 */
function curveAlgorithm(key: Uint8Array): Uint8Array {
  try {
    const reader = new DerReader(key).enter(DerTag.Sequence);
    reader.element(DerTag.Integer);
    reader.element(DerTag.OctetString);
    const curve = reader.enter(PARAMETERS).element(DerTag.ObjectIdentifier).encoded;
    return encodeDer(DerTag.Sequence, EC_PUBLIC_KEY, curve);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new Error(`PEM: the EC private key does not name its curve (${error.message})`, { cause: error });
  }
}

const CERTIFICATE_LABELS: readonly string[] = ['CERTIFICATE', 'X509 CERTIFICATE'];
const PARAMETERS = 0xa0;
/** id-ecPublicKey */
const EC_PUBLIC_KEY: Uint8Array = fromHex('06072a8648ce3d0201');
/** rsaEncryption with NULL */
const RSA_ALGORITHM: Uint8Array = fromHex('300d06092a864886f70d0101010500');

import { fromHex } from '@tsquic/bytes';
import { DerError, DerReader, DerTag, encodeDer } from '@tsquic/bytes/der';
import { decodeBase64 } from './base64.ts';
import { printableText } from './printable-text.ts';

/** One block of PEM text. */
export interface PemBlock {
  /** The label after BEGIN: 'CERTIFICATE', 'PRIVATE KEY'. */
  readonly label: string;
  readonly der: Uint8Array;
}

/** All blocks of PEM text, RFC 7468; text between them is skipped. Throws an Error for a malformed block. */
export function decodePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
    const label = labelAt(text, at + BEGIN.length);
    const bodyAt = at + BEGIN.length + label.length + DASHES.length;
    const endAt = label === '' ? -1 : text.indexOf(END, bodyAt);
    if (label !== '' && endAt < 0) break;
    at = label === '' ? at + BEGIN.length : endAt;
    if (label !== '') blocks.push(readBlock(text, label, bodyAt, endAt));
  }
  return blocks;
}

/** The text between BEGIN and the dashes; '' when the line is no such line. */
function labelAt(text: string, at: number): string {
  const end = text.slice(at, at + MAX_LABEL).indexOf(DASHES);
  return end <= 0 ? '' : text.slice(at, at + end);
}

function readBlock(text: string, label: string, bodyAt: number, endAt: number): PemBlock {
  const name = printableText(label);
  const end = labelAt(text, endAt + END.length);
  if (label !== end) throw new Error(`PEM: the block of '${name}' ends as '${printableText(end)}'`);
  const body = text.slice(bodyAt, endAt);
  if (/^\s*Proc-Type:[^\n]*ENCRYPTED/.test(body)) throw new Error(ENCRYPTED);
  const der = decodeBase64(body);
  if (der === undefined) throw new Error(`PEM: the block of '${name}' is not base64`);
  return { label, der };
}

/**
 * All certificates of PEM text, DER, in order, the leaf of a chain first. Throws an Error when there is none,
 * and for one with OpenSSL's trust settings, which are not supported.
 */
export function certificatesFromPem(text: string): Uint8Array[] {
  const blocks = decodePem(text);
  const labels = [...new Set(blocks.map((block) => block.label))];
  if (labels.includes('TRUSTED CERTIFICATE')) {
    throw new Error(
      "PEM: 'TRUSTED CERTIFICATE' is OpenSSL's own form: openssl x509 -in FILE makes a plain certificate of it",
    );
  }
  const certificates = blocks
    .filter((block) => CERTIFICATE_LABELS.includes(block.label))
    .map((block) => block.der);
  if (certificates.length > 0) return certificates;
  throw new Error(`PEM: there is no certificate in this text${insteadOf(labels, text)}`);
}

/** What the text contains instead, for a message. */
function insteadOf(labels: readonly string[], text: string): string {
  if (labels.length === 0)
    return `: it has no whole block from BEGIN to END${text.includes('\n') ? '' : ' (give the contents of a file, not its name)'}`;
  return `, only '${printableText(labels.slice(0, 5).join("', '"))}'`;
}

/**
 * The first private key of PEM text as PKCS #8 (DER), for `CryptoProvider.createSigner`. Keys of the kinds
 * "EC PRIVATE KEY" and "RSA PRIVATE KEY" are wrapped. Throws an Error when there is none, or when it is
 * encrypted.
 */
export function privateKeyFromPem(text: string): Uint8Array {
  const blocks = decodePem(text);
  for (const { label, der } of blocks) {
    if (label === 'PRIVATE KEY') return der;
    if (label === 'RSA PRIVATE KEY') return wrapKey(RSA_ALGORITHM, der);
    if (label === 'EC PRIVATE KEY') return wrapKey(curveAlgorithm(der), der);
    if (label === 'ENCRYPTED PRIVATE KEY') throw new Error(ENCRYPTED);
  }
  throw new Error(
    `PEM: there is no private key in this text${insteadOf([...new Set(blocks.map((block) => block.label))], text)}`,
  );
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

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
const MAX_LABEL = 100;
const ENCRYPTED = 'PEM: the private key is encrypted: give its passphrase, or decrypt it first';
const CERTIFICATE_LABELS: readonly string[] = ['CERTIFICATE', 'X509 CERTIFICATE'];
const PARAMETERS = 0xa0;
/** id-ecPublicKey */
const EC_PUBLIC_KEY: Uint8Array = fromHex('06072a8648ce3d0201');
/** rsaEncryption with NULL */
const RSA_ALGORITHM: Uint8Array = fromHex('300d06092a864886f70d0101010500');

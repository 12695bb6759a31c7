import { MessageReader } from '../message/reader.ts';
import { decodeCertificateAuthorities } from './certificate-authorities.ts';
import { type Extension, ExtensionType } from './extension.ts';
import { decodeOidFilters } from './oid-filters.ts';
import { decodeSignatureAlgorithms } from './signature-algorithms.ts';

/**
 * Read the extensions of RFC 8446 §4.2 that nothing here acts on: a peer that sends them malformed hears of it,
 * instead of finding out with the next implementation. Ends in decode_error.
 */
export function checkUnused(extensions: readonly Extension[]): void {
  for (const { type, data } of extensions) DECODERS.get(type)?.(data);
}

const T = ExtensionType;

const DECODERS: ReadonlyMap<number, (data: Uint8Array) => unknown> = new Map<
  number,
  (data: Uint8Array) => unknown
>([
  [T.CertificateAuthorities, decodeCertificateAuthorities],
  [T.OidFilters, decodeOidFilters],
  [T.SignatureAlgorithmsCert, decodeSignatureAlgorithms],
  // RFC 8446 §4.2.6: empty.
  [T.PostHandshakeAuth, (data) => new MessageReader(data).finish()],
]);

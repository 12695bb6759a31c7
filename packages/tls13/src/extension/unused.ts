import { MessageReader } from '../message/reader.ts';
import { decodeCertificateAuthorities } from './certificate-authorities.ts';
import { type Extension, ExtensionType } from './extension.ts';
import { decodeOidFilters } from './oid-filters.ts';
import { decodeSignatureAlgorithms } from './signature-algorithms.ts';

/**
 * Check the form of extensions of RFC 8446 §4.2 that are not used, so that a peer whose extensions are
 * malformed learns of it from this implementation already. Malformed ones end in decode_error.
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
  // post_handshake_auth is empty. RFC 8446 §4.2.6
  [T.PostHandshakeAuth, (data) => new MessageReader(data).finish()],
]);

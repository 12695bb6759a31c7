import { Alert, TlsAlert } from '../alerts.ts';
import { MessageReader } from '../message/reader.ts';
import type { MessageWriter } from '../message/writer.ts';
import { CodePointSet } from './code-point-set.ts';

/** Extension types, RFC 8446 §4.2, RFC 9001 §8.2. */
export const ExtensionType = {
  ServerName: 0,
  MaxFragmentLength: 1,
  StatusRequest: 5,
  SupportedGroups: 10,
  SignatureAlgorithms: 13,
  UseSrtp: 14,
  Heartbeat: 15,
  Alpn: 16,
  SignedCertificateTimestamp: 18,
  ClientCertificateType: 19,
  ServerCertificateType: 20,
  Padding: 21,
  PreSharedKey: 41,
  EarlyData: 42,
  SupportedVersions: 43,
  Cookie: 44,
  PskKeyExchangeModes: 45,
  CertificateAuthorities: 47,
  OidFilters: 48,
  PostHandshakeAuth: 49,
  SignatureAlgorithmsCert: 50,
  KeyShare: 51,
  QuicTransportParameters: 57,
} as const;

/** One extension with its content still encoded. */
export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

/** A list of extensions with its two-byte length. A type may occur only once (RFC 8446 §4.2). */
export function decodeExtensions(reader: MessageReader): readonly Extension[] {
  const list = new MessageReader(reader.opaque16());
  const extensions: Extension[] = [];
  while (!list.isAtEnd) extensions.push({ type: list.u16(), data: list.opaque16() });
  if (extensions.length > 1) rejectDuplicates(extensions);
  return extensions;
}

/** A list of extensions with its two-byte length. */
export function encodeExtensions(writer: MessageWriter, extensions: readonly Extension[]): void {
  writer.vector(2, () => {
    for (const extension of extensions) {
      writer.u16(extension.type);
      writer.opaque16(extension.data);
    }
  });
}

/** The content of the extension of this type, or undefined. */
export function findExtension(extensions: readonly Extension[], type: number): Uint8Array | undefined {
  return extensions.find((extension) => extension.type === type)?.data;
}

function rejectDuplicates(extensions: readonly Extension[]): void {
  const seen = new CodePointSet();
  for (const { type } of extensions) {
    if (!seen.add(type)) throw new TlsAlert(Alert.IllegalParameter, `extension ${type} stands twice`);
  }
}

import { decodeExtensions, encodeExtensions, type Extension } from '../extension/extension.ts';
import { encodeMessage, MessageType } from './handshake-message.ts';
import { MessageReader } from './reader.ts';

/** Certificate, RFC 8446 §4.4.2. */
export interface CertificateMessage {
  readonly context: Uint8Array;
  /** Leaf first; empty when a client has none. */
  readonly entries: readonly CertificateEntry[];
}

export interface CertificateEntry {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly extensions: readonly Extension[];
}

/** A Certificate without extensions; `chain` is DER, leaf first. */
export function encodeCertificate(chain: readonly Uint8Array[], context: Uint8Array): Uint8Array {
  return encodeMessage(MessageType.Certificate, (writer) => {
    writer.opaque8(context);
    writer.vector(3, () => {
      for (const certificate of chain) {
        writer.opaque24(certificate);
        encodeExtensions(writer, []);
      }
    });
  });
}

export function decodeCertificate(body: Uint8Array): CertificateMessage {
  const reader = new MessageReader(body);
  const context = reader.opaque8();
  const list = new MessageReader(reader.opaque24());
  reader.finish();
  const entries: CertificateEntry[] = [];
  while (!list.isAtEnd) {
    entries.push({ certificate: list.opaque24(1), extensions: decodeExtensions(list) });
  }
  return { context, entries };
}

import { decodeExtensions, encodeExtensions, type Extension } from '../extension/extension.ts';
import { encodeMessage, MessageType } from './handshake-message.ts';
import { MessageReader } from './reader.ts';

/** CertificateRequest, RFC 8446 §4.3.2. */
export interface CertificateRequest {
  readonly context: Uint8Array;
  readonly extensions: readonly Extension[];
}

export function encodeCertificateRequest(request: CertificateRequest): Uint8Array {
  return encodeMessage(MessageType.CertificateRequest, (writer) => {
    writer.opaque8(request.context);
    encodeExtensions(writer, request.extensions);
  });
}

export function decodeCertificateRequest(body: Uint8Array): CertificateRequest {
  const reader = new MessageReader(body);
  const request = { context: reader.opaque8(), extensions: decodeExtensions(reader) };
  reader.finish();
  return request;
}

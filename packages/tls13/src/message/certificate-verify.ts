import { encodeMessage, MessageType } from './handshake-message.ts';
import { MessageReader } from './reader.ts';

/** CertificateVerify, RFC 8446 §4.4.3. */
export interface CertificateVerify {
  readonly scheme: number;
  readonly signature: Uint8Array;
}

export function encodeCertificateVerify(verify: CertificateVerify): Uint8Array {
  return encodeMessage(MessageType.CertificateVerify, (writer) => {
    writer.u16(verify.scheme);
    writer.opaque16(verify.signature);
  });
}

export function decodeCertificateVerify(body: Uint8Array): CertificateVerify {
  const reader = new MessageReader(body);
  const verify = { scheme: reader.u16(), signature: reader.opaque16() };
  reader.finish();
  return verify;
}

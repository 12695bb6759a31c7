import { MessageReader } from '../message/reader.ts';

/**
 * certificate_authorities, RFC 8446 §4.2.4: a list that is not empty, of names that are not empty. The list
 * is checked but not used.
 */
export function decodeCertificateAuthorities(data: Uint8Array): void {
  const outer = new MessageReader(data);
  const names = new MessageReader(outer.opaque16(3));
  outer.finish();
  while (!names.isAtEnd) names.opaque16(1);
}

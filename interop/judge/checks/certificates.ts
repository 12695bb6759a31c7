import { cameToClient, type Check, faultIf, messagesOf, MessageType } from './check.ts';

/** The server proves who it is in the first handshake, and resumes in the second. RFC 8446 §2.2 */
export const resumesSession: Check = (captures) => {
  const packets = cameToClient(captures, 'handshake');
  const ids = [...new Set(packets.map(({ sourceId }) => sourceId))];
  const [first = [], second = [], ...more] = ids.map((id) =>
    messagesOf(packets.filter(({ sourceId }) => sourceId === id)).map(({ type }) => type),
  );
  return [
    ...faultIf(!hasCertificate(first), 'the first handshake has no Certificate that can be read'),
    ...faultIf(hasCertificate(second), 'the second handshake has a Certificate'),
    // An empty list would be no proof: its packets may have stayed closed.
    ...faultIf(
      !second.includes(MessageType.encryptedExtensions),
      'the second handshake has no EncryptedExtensions that can be read',
    ),
    ...faultIf(more.length > 0, 'a Handshake packet belongs to neither handshake'),
  ];
};

function hasCertificate(types: readonly number[]): boolean {
  return types.includes(MessageType.certificate) || types.includes(MessageType.compressedCertificate);
}

import { ByteWriter, concatBytes } from '@tsquic/bytes';
import { type CryptoProvider, TAG_LENGTH } from '@tsquic/crypto';
import type { Version } from '../version/versions.ts';
import { longHeaderLength, writeLongHeader } from './long-header.ts';
import { PacketType } from '../version/packet-type.ts';

/**
 * A whole Retry packet. RFC 9000 §17.2.5
 *
 * @param originalId - Destination Connection ID of the Initial packet that it answers.
 */
export function encodeRetry(
  crypto: CryptoProvider,
  version: Version,
  destinationId: Uint8Array,
  sourceId: Uint8Array,
  originalId: Uint8Array,
  token: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(longHeaderLength(destinationId, sourceId) + token.length + TAG_LENGTH);
  const writer = new ByteWriter(packet);
  writeLongHeader(writer, version, PacketType.Retry, 0, destinationId, sourceId);
  writer.bytes(token);
  const body = packet.subarray(0, writer.position);
  writer.bytes(retryTag(crypto, version, originalId, body));
  return packet;
}

/** The Retry Integrity Tag of a Retry packet without its tag. RFC 9001 §5.8 */
export function retryTag(
  crypto: CryptoProvider,
  version: Version,
  originalId: Uint8Array,
  body: Uint8Array,
): Uint8Array {
  const pseudo = concatBytes(Uint8Array.of(originalId.length), originalId, body, new Uint8Array(TAG_LENGTH));
  const end = pseudo.length - TAG_LENGTH;
  crypto.createAead('aes-128-gcm', version.retryKey, version.retryNonce).seal(0, pseudo, 0, end, end);
  return pseudo.slice(end);
}

import { ByteWriter, concatBytes } from '@tsquic/bytes';
import { type CryptoProvider, TAG_LENGTH } from '@tsquic/crypto';
import type { Version } from '../version/versions.ts';
import { FIXED_BIT, LONG_FORM, PacketType } from './header.ts';

/**
 * A whole Retry packet. RFC 9000 §17.2.5
 *
 * @param originalId - Destination Connection ID of the Initial that is answered.
 */
export function encodeRetry(
  crypto: CryptoProvider,
  version: Version,
  destinationId: Uint8Array,
  sourceId: Uint8Array,
  originalId: Uint8Array,
  token: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(7 + destinationId.length + sourceId.length + token.length + TAG_LENGTH);
  const writer = new ByteWriter(packet);
  writer.u8(LONG_FORM | FIXED_BIT | (PacketType.Retry << 4));
  writer.u32(version.id);
  writer.u8(destinationId.length);
  writer.bytes(destinationId);
  writer.u8(sourceId.length);
  writer.bytes(sourceId);
  writer.bytes(token);
  const body = packet.subarray(0, writer.position);
  writer.bytes(retryTag(crypto, version, originalId, body));
  return packet;
}

/** The integrity tag over a Retry packet without its tag. RFC 9001 §5.8 */
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

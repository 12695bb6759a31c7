import { ByteWriter } from '@tsquic/bytes';
import { type CryptoProvider, TAG_LENGTH } from '@tsquic/crypto';
import { encodeClose } from '../frame/close.ts';
import { initialKeys } from '../keys/initial.ts';
import { FIXED_BIT, LONG_FORM } from '../packet/header.ts';
import { protectPacket } from '../packet/protection.ts';
import type { Version } from '../version/versions.ts';

const NO_REASON = new Uint8Array(0);
/** Code, frame type and reason length of the CONNECTION_CLOSE, in their longest forms, with room to spare. */
const MAX_PAYLOAD = 24;

/**
 * An Initial packet of a server that keeps no state: nothing but a CONNECTION_CLOSE. RFC 9000 §5.2.2, §10.2.3
 *
 * @param sourceId - Destination Connection ID of the client's packet: the keys derive from it.
 */
export function encodeRefusal(
  crypto: CryptoProvider,
  version: Version,
  destinationId: Uint8Array,
  sourceId: Uint8Array,
  code: number,
): Uint8Array {
  const packet = new Uint8Array(11 + destinationId.length + sourceId.length + MAX_PAYLOAD + TAG_LENGTH);
  const writer = new ByteWriter(packet, 0, packet.length - TAG_LENGTH);
  writer.u8(LONG_FORM | FIXED_BIT);
  writer.u32(version.id);
  writer.u8(destinationId.length);
  writer.bytes(destinationId);
  writer.u8(sourceId.length);
  writer.bytes(sourceId);
  writer.varint(0);
  const lengthAt = writer.take(2);
  const numberAt = writer.position;
  writer.u8(0);
  const payloadAt = writer.position;
  encodeClose(writer, { application: false, code, frameType: 0, reason: NO_REASON });
  const payloadEnd = writer.position;
  const length = payloadEnd + TAG_LENGTH - numberAt;
  packet[lengthAt] = 0x40 | (length >> 8);
  packet[lengthAt + 1] = length;
  const keys = initialKeys(crypto, version, sourceId, false);
  protectPacket(packet, 0, numberAt, payloadAt, payloadEnd, 0, keys.aead, keys.protection);
  return packet.slice(0, payloadEnd + TAG_LENGTH);
}

import { type CryptoProvider, TAG_LENGTH } from '@tsquic/crypto';
import { Level } from '@tsquic/tls13';
import { DeliveryLog } from '../facts/delivery-log.ts';
import { encodeClose } from '../frame/close.ts';
import { initialKeys } from '../keys/initial.ts';
import { PacketWriter } from '../packet/writer.ts';
import { ConnectionVersion } from '../version/connection-version.ts';
import type { Version } from '../version/versions.ts';

const NO_BYTES = new Uint8Array(0);
/**
 * Room for an Initial header without its connection IDs, and the longest CONNECTION_CLOSE without a reason.
 */
const MAX_LENGTH = 48 + TAG_LENGTH;
/** The packet is sent once and its facts are dropped. */
const NO_FACTS = new DeliveryLog();

/**
 * An Initial packet of a server that keeps no state; it holds only CONNECTION_CLOSE. RFC 9000 §5.2.2, §10.2.3
 *
 * @param sourceId - Destination Connection ID of the client's packet, from which the keys are derived.
 */
export function encodeRefusal(
  crypto: CryptoProvider,
  version: Version,
  destinationId: Uint8Array,
  sourceId: Uint8Array,
  code: number,
): Uint8Array {
  const writer = new PacketWriter();
  const packet = new Uint8Array(MAX_LENGTH + destinationId.length + sourceId.length);
  const fields = {
    version: new ConnectionVersion(version),
    destinationId,
    pathId: 0,
    sourceId,
    token: NO_BYTES,
  };
  writer.reset(packet, packet.length);
  writer.begin(Level.Initial, 0, -1, fields, 0, NO_FACTS);
  encodeClose(writer.frames, { application: false, code, frameType: 0, reason: NO_BYTES });
  writer.close();
  return packet.slice(0, writer.seal(initialKeys(crypto, version, sourceId, false)));
}

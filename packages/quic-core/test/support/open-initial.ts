import { ByteReader, concatBytes } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import { FrameType } from '../../src/frame/rules.ts';
import { initialKeys } from '../../src/keys/initial.ts';
import { createPacketHeader, parseHeader } from '../../src/packet/header.ts';
import { unmaskHeader } from '../../src/packet/protection.ts';
import { VERSION_1, VERSION_2, VERSIONS } from '../../src/version/versions.ts';
import { readFrames } from './frames.ts';

/** The number of a client's first Initial, in either version, and the bytes of the handshake that it carries. */
export function openInitial(
  crypto: CryptoProvider,
  datagram: Uint8Array,
): { readonly number: number; readonly hello: Uint8Array } {
  const bytes = datagram.slice();
  const header = createPacketHeader();
  if (parseHeader(new ByteReader(bytes), 8, VERSIONS, header) !== 0) throw new Error('this is no packet');
  const version = header.version === VERSION_2.id ? VERSION_2 : VERSION_1;
  const destination = bytes.slice(header.dcidAt, header.dcidAt + header.dcidLength);
  const keys = initialKeys(crypto, version, destination, true);
  unmaskHeader(bytes, header, keys.protection, -1);
  if (!keys.aead.open(header.packetNumber, bytes, 0, header.payloadAt, header.packetEnd))
    throw new Error('this Initial does not open');
  const frames = readFrames(bytes, header.payloadAt, header.payloadEnd);
  const data = frames.filter(({ type }) => type === FrameType.Crypto).map((one) => one.data);
  return { number: header.packetNumber, hello: concatBytes(...data) };
}

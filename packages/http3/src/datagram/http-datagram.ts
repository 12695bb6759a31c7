import { ByteReader, ByteWriter, varintLength } from '@tsquic/bytes';
import { connectionError, Http3Code } from '../errors/http3-error.ts';

/** A datagram, and the request that it belongs to. */
export interface HttpDatagram {
  readonly streamId: number;
  readonly payload: Uint8Array;
}

/** Streams of clients for requests have at most this ID divided by four, 2^60 - 1. RFC 9297 §2.1 */
const LARGEST_QUARTER = 2 ** 60 - 1;

/** Read the payload of a QUIC datagram. Throws H3_DATAGRAM_ERROR for one that names no request. RFC 9297 §2.1 */
export function decodeHttpDatagram(bytes: Uint8Array): HttpDatagram {
  const reader = new ByteReader(bytes);
  const quarter = reader.varint();
  // Above 2^53 - 1 the number is rounded; above 2^60 - 1 its first byte tells.
  const isLarge = quarter > LARGEST_QUARTER || (bytes[0]! >= 0xd0 && bytes.length >= 8);
  if (reader.truncated || isLarge)
    throw connectionError(Http3Code.DatagramError, 'a datagram names no request stream');
  return { streamId: 4 * quarter, payload: bytes.subarray(reader.position) };
}

/** The payload of a QUIC datagram. RFC 9297 §2.1 */
export function encodeHttpDatagram({ streamId, payload }: HttpDatagram): Uint8Array {
  const quarter = streamId / 4;
  const writer = new ByteWriter(new Uint8Array(varintLength(quarter) + payload.length));
  writer.varint(quarter);
  writer.bytes(payload);
  return writer.buffer;
}

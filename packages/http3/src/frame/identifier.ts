import { ByteReader, decodeVarint, encodeVarint } from '@tsquic/bytes';
import { connectionError, Http3Code } from '../errors/http3-error.ts';

/**
 * The identifier that is the whole payload of a frame; 2^53 - 1 stands for all above. Throws H3_FRAME_ERROR for a payload that
 * is another. RFC 9114 §7.1
 */
export function decodeIdentifier(payload: Uint8Array): number {
  const reader = new ByteReader(payload);
  const value = reader.varint();
  if (reader.truncated || reader.remaining > 0)
    throw connectionError(Http3Code.FrameError, 'a frame is not one identifier long');
  return value;
}

/** Whether an identifier is a stream that a client opens for a request. Its lowest bits are exact, however large it is. */
export function isRequestStreamId(payload: Uint8Array): boolean {
  return decodeVarint(payload) >= 0 && (payload[payload.length - 1]! & 0x3) === 0;
}

/** The largest stream of a client for requests, 2^62 - 4, with which a server announces that it goes. RFC 9114 §5.2 */
export const LARGEST_REQUEST_ID: Uint8Array = Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 252);

/** An identifier as a payload. */
export function encodeIdentifier(id: number): Uint8Array {
  return encodeVarint(id);
}

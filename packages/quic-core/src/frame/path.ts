import type { ByteWriter } from '@tsquic/bytes';

/** Bytes of the data that PATH_CHALLENGE and PATH_RESPONSE carry. RFC 9000 §19.17, §19.18 */
export const PATH_DATA_LENGTH = 8;

/** Write PATH_CHALLENGE or PATH_RESPONSE; false when it does not fit. */
export function encodePathFrame(writer: ByteWriter, type: number, data: Uint8Array): boolean {
  if (writer.room < 1 + PATH_DATA_LENGTH) return false;
  writer.u8(type);
  writer.bytes(data);
  return true;
}

import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';

/** Path IDs are below this, because the nonce has room for 32 bits of them. draft-ietf-quic-multipath §2.1, §2.4 */
export const PATH_IDS: number = 2 ** 32;

/**
 * A frame about paths that is a type and one or two integers: PATH_ABANDON, PATH_STATUS_BACKUP,
 * PATH_STATUS_AVAILABLE, PATH_RETIRE_CONNECTION_ID, MAX_PATH_ID, PATHS_BLOCKED, PATH_CIDS_BLOCKED.
 * draft-ietf-quic-multipath §4.2, §4.3, §4.5, §4.6, §4.7
 */
export interface PathNumbersFrame {
  /** The path; the maximum in MAX_PATH_ID and PATHS_BLOCKED. */
  readonly pathId: number;
  /** Error code, number of the status, or sequence number of a connection ID; 0 where the frame has none. */
  readonly value: number;
}

/** The integers of the frame at the reader, which stands just after the type. */
export function decodePathNumbers(reader: ByteReader, type: number): PathNumbersFrame {
  const pathId = reader.varint();
  return { pathId, value: hasValue(type) ? reader.varint() : 0 };
}

/** Write such a frame; false when it does not fit. */
export function encodePathNumbers(
  writer: ByteWriter,
  type: number,
  { pathId, value }: PathNumbersFrame,
): boolean {
  const isLong = hasValue(type);
  const length = varintLength(type) + varintLength(pathId) + (isLong ? varintLength(value) : 0);
  if (writer.room < length) return false;
  writer.varint(type);
  writer.varint(pathId);
  if (isLong) writer.varint(value);
  return true;
}

function hasValue(type: number): boolean {
  return type !== FrameType.MaxPathId && type !== FrameType.PathsBlocked;
}

import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { MAX_CONNECTION_ID_LENGTH } from '../packet/header.ts';
import { RESET_TOKEN_LENGTH } from '../packet/stateless-reset.ts';
import { FrameType } from './rules.ts';

/** NEW_CONNECTION_ID, RFC 9000 §19.15, and PATH_NEW_CONNECTION_ID, draft-ietf-quic-multipath §4.4. */
export interface NewConnectionIdFrame {
  /** The path that the ID is for: 0 in NEW_CONNECTION_ID. */
  readonly pathId: number;
  readonly sequence: number;
  readonly retirePriorTo: number;
  readonly connectionId: Uint8Array;
  readonly resetToken: Uint8Array;
}

/**
 * The frame at the reader, which stands just after the type. Undefined for invalid values:
 * FRAME_ENCODING_ERROR. Check `reader.truncated` first.
 */
export function decodeNewConnectionId(reader: ByteReader, type: number): NewConnectionIdFrame | undefined {
  const pathId = type === FrameType.PathNewConnectionId ? reader.varint() : 0;
  const sequence = reader.varint();
  const retirePriorTo = reader.varint();
  const length = reader.u8();
  const connectionId = reader.copy(length);
  const resetToken = reader.copy(RESET_TOKEN_LENGTH);
  if (length < 1 || length > MAX_CONNECTION_ID_LENGTH || retirePriorTo > sequence) return undefined;
  return { pathId, sequence, retirePriorTo, connectionId, resetToken };
}

/** Write NEW_CONNECTION_ID, or PATH_NEW_CONNECTION_ID where the type says so; false when it does not fit. */
export function encodeNewConnectionId(
  writer: ByteWriter,
  type: typeof FrameType.NewConnectionId | typeof FrameType.PathNewConnectionId,
  frame: NewConnectionIdFrame,
): boolean {
  const { pathId, sequence, retirePriorTo, connectionId, resetToken } = frame;
  const isNumbered = type === FrameType.PathNewConnectionId;
  const named = varintLength(type) + (isNumbered ? varintLength(pathId) : 0);
  const fixed = named + 1 + connectionId.length + RESET_TOKEN_LENGTH;
  if (writer.room < fixed + varintLength(sequence) + varintLength(retirePriorTo)) return false;
  writer.varint(type);
  if (isNumbered) writer.varint(pathId);
  writer.varint(sequence);
  writer.varint(retirePriorTo);
  writer.u8(connectionId.length);
  writer.bytes(connectionId);
  writer.bytes(resetToken);
  return true;
}

/** Write RETIRE_CONNECTION_ID (RFC 9000 §19.16); false when it does not fit. */
export function encodeRetireConnectionId(writer: ByteWriter, sequence: number): boolean {
  if (writer.room < 1 + varintLength(sequence)) return false;
  writer.u8(FrameType.RetireConnectionId);
  writer.varint(sequence);
  return true;
}

import { type ByteReader, type ByteWriter, varintLength } from '@tsquic/bytes';
import { FrameType } from './rules.ts';

/** The reason's length is written in two bytes at most. */
const MAX_REASON_LENGTH = 0x3fff;

/** CONNECTION_CLOSE of both kinds, RFC 9000 §19.19. */
export interface CloseFrame {
  readonly application: boolean;
  readonly code: number;
  /** Type of the frame that caused the error; 0 when unknown, and for an application error. */
  readonly frameType: number;
  readonly reason: Uint8Array;
}

/** The frame at the reader, which stands just after `type`. */
export function decodeClose(reader: ByteReader, type: number): CloseFrame {
  const application = type === FrameType.ApplicationClose;
  const code = reader.varint();
  const frameType = application ? 0 : reader.varint();
  return { application, code, frameType, reason: reader.copy(reader.varint()) };
}

/** Write CONNECTION_CLOSE, its reason cut to what fits; false when not even an empty reason does. */
export function encodeClose(writer: ByteWriter, frame: CloseFrame): boolean {
  const { application, code, frameType, reason } = frame;
  const fixed = 1 + varintLength(code) + (application ? 0 : varintLength(frameType)) + 2;
  if (writer.room < fixed) return false;
  const length = Math.min(reason.length, writer.room - fixed, MAX_REASON_LENGTH);
  writer.u8(application ? FrameType.ApplicationClose : FrameType.ConnectionClose);
  writer.varint(code);
  if (!application) writer.varint(frameType);
  writer.varint(length);
  writer.bytes(reason, 0, length);
  return true;
}

import { ByteReader, ByteWriter, decodeUtf8, encodeUtf8, encodeVarint, equalBytes } from '@tsquic/bytes';
import { encodeCapsule } from '@tsquic/http3';

/** Types of the capsules of a session. draft-ietf-webtrans-http3 §4.7, §5.6, §6 */
export const CapsuleType = {
  CloseSession: 0x2843,
  DrainSession: 0x78ae,
  MaxData: 0x190b4d3d,
  MaxStreamData: 0x190b4d3e,
  MaxStreamsBidi: 0x190b4d3f,
  MaxStreamsUni: 0x190b4d40,
  DataBlocked: 0x190b4d41,
  StreamDataBlocked: 0x190b4d42,
  StreamsBlockedBidi: 0x190b4d43,
  StreamsBlockedUni: 0x190b4d44,
} as const;

/** All of them, for a `CapsuleReader`. */
export const CAPSULE_TYPES: readonly number[] = Object.values(CapsuleType);

/** Bytes of the text of WT_CLOSE_SESSION. draft-ietf-webtrans-http3 §6 */
const MOST_REASON_BYTES = 1024;

/** Bytes of the value of a capsule of a session at most: the code and the text of WT_CLOSE_SESSION. */
export const MOST_CAPSULE_BYTES: number = 4 + MOST_REASON_BYTES;

/** Why an application closed a session. */
export interface SessionClose {
  /** 0 to 2^32-1. */
  readonly code: number;
  readonly reason: string;
}

/** WT_CLOSE_SESSION, its text cut to 1024 bytes between two characters. draft-ietf-webtrans-http3 §6 */
export function encodeClose({ code, reason }: SessionClose): Uint8Array {
  const text = encodeUtf8(reason, MOST_REASON_BYTES);
  const writer = new ByteWriter(new Uint8Array(4 + text.length));
  writer.u32(code);
  writer.bytes(text);
  return encodeCapsule({ type: CapsuleType.CloseSession, value: writer.buffer });
}

/** The value of WT_CLOSE_SESSION; undefined where it is cut short, too long, or no UTF-8. draft-ietf-webtrans-http3 §6 */
export function decodeClose(value: Uint8Array): SessionClose | undefined {
  if (value.length < 4 || value.length > MOST_CAPSULE_BYTES) return undefined;
  const code = new ByteReader(value).u32();
  const text = value.subarray(4);
  const reason = decodeUtf8(text);
  return equalBytes(encodeUtf8(reason), text) ? { code, reason } : undefined;
}

/** WT_DRAIN_SESSION. draft-ietf-webtrans-http3 §4.7 */
export function encodeDrain(): Uint8Array {
  return encodeCapsule({ type: CapsuleType.DrainSession, value: new Uint8Array(0) });
}

/** A capsule of flow control, whose value is one integer. draft-ietf-webtrans-http3 §5.6 */
export function encodeLimit(type: number, limit: number): Uint8Array {
  return encodeCapsule({ type, value: encodeVarint(limit) });
}

/** The integer that is a whole value; undefined for any other. Above 2^53-1 it is that. */
export function decodeLimit(value: Uint8Array): number | undefined {
  const reader = new ByteReader(value);
  const limit = reader.varint();
  return reader.truncated || reader.remaining > 0 ? undefined : limit;
}

/** Whether an integer of 8 bytes is above 2^60, which no number of streams may be. draft-ietf-webtrans-http3 §5.6.2 */
export function isAboveMostStreams(value: Uint8Array): boolean {
  const first = value[0]!;
  return first > 0xd0 || (first === 0xd0 && value.subarray(1).some((byte) => byte !== 0));
}

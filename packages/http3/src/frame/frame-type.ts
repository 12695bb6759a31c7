import { connectionError, Http3Code } from '../errors/http3-error.ts';

/** Frame types, RFC 9114 §7.2 and RFC 9218 §7.2. */
export const FrameType = {
  Data: 0x00,
  Headers: 0x01,
  CancelPush: 0x03,
  Settings: 0x04,
  PushPromise: 0x05,
  GoAway: 0x07,
  MaxPushId: 0x0d,
  PriorityUpdateRequest: 0xf0700,
  PriorityUpdatePush: 0xf0701,
} as const;

/** Types of HTTP/2 that HTTP/3 has no frame for. RFC 9114 §7.2.8, §11.2.1 */
const RESERVED = [0x02, 0x06, 0x08, 0x09];
/** Frames that stand on a control stream only. RFC 9114 §7, RFC 9218 §7.2 */
const CONTROL_ONLY: readonly number[] = [
  FrameType.CancelPush,
  FrameType.Settings,
  FrameType.GoAway,
  FrameType.MaxPushId,
  FrameType.PriorityUpdateRequest,
  FrameType.PriorityUpdatePush,
];
/** Frames that stand on request and push streams only. */
const MESSAGE_ONLY: readonly number[] = [FrameType.Data, FrameType.Headers, FrameType.PushPromise];

/** Throw for a frame that may not stand on a control stream. RFC 9114 §7, §7.2.8 */
export function checkOnControlStream(type: number): void {
  if (MESSAGE_ONLY.includes(type) || RESERVED.includes(type))
    throw connectionError(Http3Code.FrameUnexpected, `a frame of type ${type} is on the control stream`);
}

/** Throw for a frame that may not stand on a request stream. RFC 9114 §7, §7.2.8 */
export function checkOnRequestStream(type: number): void {
  if (CONTROL_ONLY.includes(type) || RESERVED.includes(type))
    throw connectionError(Http3Code.FrameUnexpected, `a frame of type ${type} is on a request stream`);
}

/** An identifier that nobody may give a meaning. RFC 9114 §7.2.8, §11.2 */
export function reservedType(n: number): number {
  return 0x1f * n + 0x21;
}

/** Whether an identifier is one of those. */
export function isReserved(id: number): boolean {
  return id >= 0x21 && (id - 0x21) % 0x1f === 0;
}

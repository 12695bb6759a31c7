/** Error codes of HTTP/3 that WebTransport adds. draft-ietf-webtrans-http3 §9.5 */
export const WebTransportCode = {
  BufferedStreamRejected: 0x3994bd84,
  SessionGone: 0x170d7b68,
  FlowControlError: 0x045d4487,
  AlpnError: 0x0817b3dd,
  RequirementsNotMet: 0x212c0d48,
} as const;

const FIRST = 0x52e4_a40f_a8db;
const LAST = 0x52e5_ac98_3162;

/** The code on the wire for an application's code, 0 to 2^32-1. draft-ietf-webtrans-http3 §4.4 */
export function encodeApplicationCode(code: number): number {
  return FIRST + code + Math.floor(code / 0x1e);
}

/** The application's code; undefined for one that no application gave. draft-ietf-webtrans-http3 §4.4 */
export function decodeApplicationCode(code: number): number | undefined {
  if (code < FIRST || code > LAST || (code - 0x21) % 0x1f === 0) return undefined;
  const shifted = code - FIRST;
  return shifted - Math.floor(shifted / 0x1f);
}

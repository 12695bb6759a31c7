/** Bytes that may be in flight on a new path. RFC 9002 §7.2 */
export function initialWindow(mtuBytes: number): number {
  return Math.min(10 * mtuBytes, Math.max(14_720, 2 * mtuBytes));
}

/** The smallest window after any signal, bytes. RFC 9002 §7.2 */
export function minimumWindow(mtuBytes: number): number {
  return 2 * mtuBytes;
}

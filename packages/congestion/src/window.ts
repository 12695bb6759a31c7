/** Bytes that may be in flight on a new path. RFC 9002 §7.2 */
export function initialWindow(mtuBytes: number): number {
  return Math.min(10 * mtuBytes, Math.max(14_720, 2 * mtuBytes));
}

/** The smallest window that any signal may leave, bytes. RFC 9002 §7.2 */
export function minimumWindow(mtuBytes: number): number {
  return 2 * mtuBytes;
}

/** Packets per cubed second: how fast the curve leaves its plateau. RFC 9438 §5 */
const C = 0.4;

/**
 * Seconds until the curve reaches its plateau, for windows in bytes; 0 when the window is at or above it.
 * RFC 9438 §4.2, figure 2
 */
export function secondsToPlateau(plateauBytes: number, windowBytes: number, mtuBytes: number): number {
  return Math.cbrt(Math.max(plateauBytes - windowBytes, 0) / (C * mtuBytes));
}

/** The window of the curve at `seconds` from its start, bytes. RFC 9438 §4.2, figure 1 */
export function cubicWindow(
  seconds: number,
  plateauSeconds: number,
  plateauBytes: number,
  mtuBytes: number,
): number {
  const distance = seconds - plateauSeconds;
  return C * mtuBytes * distance * distance * distance + plateauBytes;
}

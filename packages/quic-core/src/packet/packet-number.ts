/**
 * Bytes needed to send `packetNumber` to a peer that acknowledged packets up to `largestAcked` (-1 for none):
 * they must represent twice the distance between them. RFC 9000 §17.1, §A.2
 */
export function packetNumberLength(packetNumber: number, largestAcked: number): number {
  const span = packetNumber - largestAcked;
  return span < 0x80 ? 1 : span < 0x8000 ? 2 : span < 0x80_0000 ? 3 : 4;
}

/**
 * The same, or more where that gives the whole header a wanted length, of which `before` bytes precede the number: a packet number may
 * be longer than it need be. RFC 9000 §17.1
 *
 * @param wanted - length of the header; undefined where it does not matter.
 */
export function fittingNumberLength(
  packetNumber: number,
  largestAcked: number,
  before: number,
  wanted: number | undefined,
): number {
  const least = packetNumberLength(packetNumber, largestAcked);
  const fitting = (wanted ?? 0) - before;
  return fitting > least && fitting <= MAX_NUMBER_LENGTH ? fitting : least;
}

/** RFC 9000 §17.1 */
export const MAX_NUMBER_LENGTH = 4;

/**
 * The packet number whose lowest `length` bytes are `truncated`, given the largest received so far (-1 for
 * none). RFC 9000 §A.3
 */
export function expandPacketNumber(truncated: number, length: number, largest: number): number {
  const window = 2 ** (8 * length);
  const expected = largest + 1;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2 && candidate < 2 ** 53 - window) return candidate + window;
  if (candidate > expected + window / 2 && candidate >= window) return candidate - window;
  return candidate;
}

/** Stream IDs carry who opened the stream and whether it is one-way in their two lowest bits. RFC 9000 §2.1 */

export function isServerInitiated(streamId: number): boolean {
  return streamId % 2 === 1;
}

export function isUnidirectional(streamId: number): boolean {
  return streamId % 4 >= 2;
}

/** Position of the stream among those of its kind, from 0. */
export function streamIndex(streamId: number): number {
  return Math.floor(streamId / 4);
}

export function streamIdOf(index: number, serverInitiated: boolean, unidirectional: boolean): number {
  return index * 4 + (unidirectional ? 2 : 0) + (serverInitiated ? 1 : 0);
}

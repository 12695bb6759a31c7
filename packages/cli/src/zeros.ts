import type { StreamSource } from '@tsquic/quic-core';

/** A source of that many zeros, and the end. */
export function zeros(length: number): StreamSource {
  let left = length;
  return (room) => {
    const bytes = Math.min(left, room.length);
    room.fill(0, 0, bytes);
    left -= bytes;
    return { bytes, fin: left === 0 };
  };
}

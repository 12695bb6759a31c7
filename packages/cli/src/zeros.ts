import type { StreamSource } from '@tsquic/quic-core';

/** A source of that many zeros, and the end, which `onEnd` hears of. */
export function zeros(length: number, onEnd?: () => void): StreamSource {
  let left = length;
  return (room) => {
    const bytes = Math.min(left, room.length);
    room.fill(0, 0, bytes);
    left -= bytes;
    if (left === 0) onEnd?.();
    return { bytes, fin: left === 0 };
  };
}

import type { StreamSource } from '@tsquic/quic-core';

/** A source of so many zeros and the end, at which `onEnd` is called. */
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

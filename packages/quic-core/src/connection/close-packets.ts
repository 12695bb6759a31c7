import { armDrain } from './deadlines.ts';
import { keepClosingState } from './memory.ts';
import type { OutgoingDatagram } from './outgoing-datagram.ts';
import type { ConnectionParts } from './parts.ts';
import { Timer } from './timers.ts';

/**
 * Fill `out` with a CONNECTION_CLOSE that is to be sent; returns its length, or 0. The first one leaves on each path that data
 * may be sent on, because one of them may have died just now. RFC 9000 §10.2, draft-ietf-quic-multipath §2.6
 */
export function writeClose(parts: ConnectionParts, out: OutgoingDatagram, nowUs: number): number {
  const { closeState, life, multipath } = parts;
  if (parts.timers.at(Timer.Drain) === Infinity) {
    armDrain(parts, nowUs);
    keepClosingState(parts);
    if (!closeState.draining) life.untoldPaths = multipath?.usable ?? [];
  }
  if (!closeState.pending) return 0;
  let length = 0;
  do {
    const path = life.untoldPaths.shift() ?? life.closingPath ?? (multipath?.best ?? parts).paths.active;
    length = parts.sendOrder.writeClose(out, path, nowUs);
  } while (length === 0 && life.untoldPaths.length > 0);
  closeState.onAnswered();
  if (length === 0) return 0;
  if (life.untoldPaths.length > 0) closeState.pending = true;
  else closeState.onSent(length);
  return length;
}

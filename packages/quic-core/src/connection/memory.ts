import type { ConnectionParts } from './assemble.ts';

/** Nothing has happened for a while: rings that are empty need no memory. */
export function rest(parts: ConnectionParts, nowUs: number): void {
  parts.idle.rested = true;
  parts.streams.rest();
  parts.handshake.rest();
  parts.recovery.rest(nowUs);
}

/** What the end leaves over is its own state: programs and peers may hold on to a connection for long. RFC 9000 §10.2.1 */
export function letGo({ streams, handshake, recovery, early }: ConnectionParts): void {
  streams.onConnectionEnd();
  handshake.onConnectionEnd();
  recovery.onConnectionEnd();
  early.takeAll();
}

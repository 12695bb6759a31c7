import type { RememberedPath } from '@tsquic/congestion';
import { validatedAddresses } from '../multipath/successors.ts';
import type { ConnectionParts } from './parts.ts';

/** The connection has been quiet for a while: empty buffers give back their memory. */
export function rest(parts: ConnectionParts, nowUs: number): void {
  parts.idle.rested = true;
  parts.streams.rest();
  parts.handshake.rest();
  parts.recovery.rest(nowUs);
  parts.keys.oneRtt.rest();
  for (const { id, parts: own } of parts.multipath?.open ?? []) if (id > 0) own!.recovery.rest(nowUs);
}

/** The memory for data to send follows what the paths in use carry. */
export function followFlight({ streams, paths, multipath }: ConnectionParts): void {
  const { memory } = streams.sending;
  const { windowUse, controller } = paths.active;
  if (multipath === undefined) return memory.followFlight(windowUse.recentBytes, controller.windowBytes);
  let flightBytes = 0;
  let windowBytes = 0;
  for (const { parts } of multipath.open) {
    const { active } = parts!.paths;
    flightBytes += active.windowUse.recentBytes;
    windowBytes += active.controller.windowBytes;
  }
  memory.followFlight(flightBytes, windowBytes);
}

/** A closing connection keeps only what its end needs, however long a peer or program holds it. RFC 9000 §10.2.1 */
export function keepClosingState(parts: ConnectionParts): void {
  const { streams, datagrams, handshake, newToken, recovery, multipath, early, earlyAdmission } = parts;
  streams.onConnectionEnd();
  datagrams.onConnectionEnd();
  handshake.onConnectionEnd();
  newToken.onConnectionEnd();
  recovery.onConnectionEnd();
  multipath?.onConnectionEnd();
  early.takeAll();
  earlyAdmission?.onConnectionEnd();
}

/**
 * A client has validated another address, from which its next connection may come: the server issues a token
 * for it. RFC 9000 §9.3, draft-ietf-quic-multipath §3.1.4
 */
export function greetElsewhere(parts: ConnectionParts, nowUs: number): void {
  parts.migration.isElsewhere = false;
  giveToken(parts, undefined, nowUs);
}

/**
 * A server puts what it learned about the path into a new token, once that saves the next connection a round
 * trip.
 */
export function rememberPath(parts: ConnectionParts, nowUs: number): void {
  const learned = parts.memory?.look();
  if (learned !== undefined) giveToken(parts, learned, nowUs);
}

/** Issue a NEW_TOKEN token, which only a connection of the same version may use. RFC 9369 §5 */
export function giveToken(
  { newToken, tokens, paths, multipath, fields }: ConnectionParts,
  learned: RememberedPath | undefined,
  nowUs: number,
): void {
  const others = multipath === undefined ? [] : validatedAddresses(multipath.table.all);
  const clients = [paths.active.remote, ...others];
  newToken.give(tokens.createNew(clients, nowUs, learned, fields.version.current.id));
}

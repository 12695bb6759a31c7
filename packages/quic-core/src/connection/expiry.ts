import { Level } from '@tsquic/tls13';
import { PacketType } from '../version/packet-type.ts';
import { readdress } from './addressing.ts';
import { rest } from './memory.ts';
import type { ConnectionParts } from './parts.ts';
import { Timer } from './timers.ts';

/** Timers of the connection are due: the owner of each is told. */
export function onTimers(parts: ConnectionParts, nowUs: number): void {
  const { timers } = parts;
  if (timers.isDue(Timer.Drain, nowUs)) parts.life.finished = true;
  if (parts.closeState.active) return;
  if (timers.isDue(Timer.Idle, nowUs)) return parts.life.vanish({ kind: 'idle-timeout' });
  if (timers.isDue(Timer.Handshake, nowUs)) return parts.life.vanish({ kind: 'handshake-timeout' });
  if (timers.isDue(Timer.Loss, nowUs)) (parts.multipath ?? parts.recovery).onLossTimer(nowUs);
  if (timers.isDue(Timer.PathProbe, nowUs) && losesPaths(parts, nowUs)) return;
  if (timers.isDue(Timer.KeyDiscard, nowUs)) retireKeys(parts, nowUs);
  if (timers.isDue(Timer.EarlyKeyDiscard, nowUs)) discardEarlyKeys(parts, nowUs);
  if (timers.isDue(Timer.KeepAlive, nowUs)) keepAlive(parts);
  if (timers.isDue(Timer.Rest, nowUs)) rest(parts, nowUs);
  if (timers.isDue(Timer.Credit, nowUs)) parts.streams.announceCredit();
  if (timers.isDue(Timer.Application, nowUs)) {
    timers.set(Timer.Application, Infinity);
    parts.emit({ type: 'wake' });
  }
}

/** The connection has its turn; it should have had one at `dueUs` at the latest. */
export function onTurn({ recovery, multipath }: ConnectionParts, dueUs: number, nowUs: number): void {
  recovery.onTurn(dueUs, nowUs);
  multipath?.onTurn(dueUs, nowUs);
}

/** Validations of addresses have timed out; returns whether that ends the connection. */
function losesPaths(parts: ConnectionParts, nowUs: number): boolean {
  const isOver = (parts.multipath ?? parts.paths).onTimer(nowUs);
  // No CONNECTION_CLOSE leaves, for no address is validated. RFC 9000 §9.3.2
  if (isOver) parts.life.vanish({ kind: 'unreachable' });
  else readdress(parts, nowUs);
  return isOver;
}

/** A PING leaves, and what a blocked stream may have to say again. RFC 9000 §4.1, §10.1.2 */
function keepAlive({ idle, streams }: ConnectionParts): void {
  idle.pingPending = true;
  streams.onQuiet();
}

/**
 * The timer of the keys has fired: discard those of the last key phase, and allow the next key update.
 * RFC 9001 §6.5
 */
function retireKeys({ keys, timers }: ConnectionParts, nowUs: number): void {
  const { oneRtt } = keys;
  oneRtt.dropPrevious();
  if (oneRtt.restUntilUs <= nowUs) oneRtt.restUntilUs = -1;
  timers.set(Timer.KeyDiscard, oneRtt.restUntilUs < 0 ? Infinity : oneRtt.restUntilUs);
}

/** No 0-RTT packet can still arrive, so the server discards their keys. RFC 9001 §4.9.3 */
export function discardEarlyKeys({ id, keys, timers, tracer }: ConnectionParts, nowUs: number): void {
  keys.discard(Level.EarlyData);
  tracer.onKeysDiscarded?.(id, PacketType.ZeroRtt, nowUs);
  timers.set(Timer.EarlyKeyDiscard, Infinity);
}

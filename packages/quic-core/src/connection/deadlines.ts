import { ackDueUs } from './ack-due.ts';
import type { ConnectionParts } from './parts.ts';
import { Timer } from './timers.ts';

/**
 * The closing and draining periods, and the keys of an old key phase, last this many probe timeouts.
 * RFC 9000 §10.2, RFC 9001 §6.5
 */
const LINGER_PTOS = 3;
/**
 * Bounds the probe timeout that these periods count by: a peer that delays its acknowledgements inflates the
 * round-trip time, and must not make a connection linger for hours.
 */
const MAX_LINGER_PTO_US = 10_000_000;

/** The probe timeout of application data. RFC 9002 §6.2.1 */
export function applicationPtoUs(parts: ConnectionParts): number {
  return longestPtoUs(parts) + parts.recovery.maxAckDelayUs;
}

/** The probe timeout of the path in use, without max_ack_delay; of several the longest. draft-ietf-quic-multipath §2.5, §2.6 */
function longestPtoUs({ paths, multipath }: ConnectionParts): number {
  return multipath === undefined ? paths.active.rtt.ptoUs : multipath.longestPtoUs;
}

/** What has happened since the timers were set; a later value includes the earlier. */
const Lag = { None: 0, Sent: 1, Received: 2 } as const;

/**
 * Sets the timers of a connection from the state of its parts, when they are asked for: once for all packets that come
 * and leave at the same time, instead of once for each.
 */
export class Deadlines {
  private readonly parts: ConnectionParts;
  private lag: number = Lag.None;
  private changedUs = -Infinity;

  constructor(parts: ConnectionParts) {
    this.parts = parts;
  }

  /** The state has changed by packets that came, or by other calls than `onSent`. */
  onReceived(nowUs: number): void {
    this.lag = Lag.Received;
    this.changedUs = nowUs;
  }

  /** The state has changed by what was sent, which makes no timer due at once. */
  onSent(nowUs: number): void {
    if (this.lag === Lag.None) this.lag = Lag.Sent;
    this.changedUs = nowUs;
  }

  /** When the connection must have its next turn. */
  nextUs(): number {
    this.arm();
    return this.parts.timers.next();
  }

  /** When the connection should have had the turn in which a datagram comes at `nowUs`, at the latest. */
  dueToReceiveUs(nowUs: number): number {
    if (this.lag !== Lag.None && this.changedUs === nowUs) return nowUs;
    return this.nextUs();
  }

  /** The same for the turn in which it may send: its timers are due where this is no later than `nowUs`. */
  dueToSendUs(nowUs: number): number {
    const { timers } = this.parts;
    if (this.lag === Lag.Sent && this.changedUs === nowUs) {
      const dueUs = timers.next();
      if (dueUs > nowUs) return dueUs;
    }
    return this.nextUs();
  }

  private arm(): void {
    if (this.lag === Lag.None) return;
    this.lag = Lag.None;
    // The closing and draining periods have a timer of their own, which is set already.
    if (!this.parts.closeState.active) armTimers(this.parts, this.changedUs);
  }
}

/** Set every timer of an open connection from the state of its parts. */
function armTimers(parts: ConnectionParts, nowUs: number): void {
  const { timers, recovery, handshake, idle, streams, paths, multipath } = parts;
  const { rtt } = paths.active;
  const ptoUs = longestPtoUs(parts);
  const applicationUs = ptoUs + recovery.maxAckDelayUs;
  timers.set(Timer.Loss, multipath === undefined ? recovery.timerUs(nowUs) : multipath.lossUs(nowUs));
  timers.set(Timer.AckDelay, ackDueUs(parts, nowUs));
  timers.set(Timer.PathProbe, (multipath ?? paths).timerUs());
  timers.set(Timer.Idle, idle.timeoutUs(applicationUs));
  timers.set(
    Timer.KeepAlive,
    handshake.complete ? idle.keepAliveTimeUs(streams.isBlocked, applicationUs) : Infinity,
  );
  // A smoothed round trip has fractions, and timers are integers.
  const creditUs = nowUs + Math.ceil(streams.creditDelayUs(rtt.smoothedUs));
  timers.set(Timer.Credit, creditUs === Infinity ? Infinity : Math.min(creditUs, timers.at(Timer.Credit)));
  timers.set(Timer.Rest, handshake.confirmed ? idle.restTimeUs(ptoUs) : Infinity);
  if (handshake.complete) timers.set(Timer.Handshake, Infinity);
  // Those that have expired are told of when the connection settles.
  timers.set(Timer.DatagramExpiry, Math.ceil(parts.datagrams.expiryUs));
  armKeys(parts, nowUs);
}

/**
 * The keys of the last key phase are discarded when no packet protected with them can still arrive, and no
 * key update of ours begins as long as the peer may still wait for such packets. RFC 9001 §6.5
 */
function armKeys(parts: ConnectionParts, nowUs: number): void {
  const { keys, handshake, timers } = parts;
  const { oneRtt } = keys;
  const isConfirmed = handshake.complete && isPhaseAcked(parts);
  const isFollowed = oneRtt.takeNewPrevious();
  if (!isConfirmed && !isFollowed) return;
  const untilUs = nowUs + LINGER_PTOS * Math.min(longestPtoUs(parts), MAX_LINGER_PTO_US);
  if (isConfirmed) oneRtt.restUntilUs = untilUs;
  if (isFollowed || timers.at(Timer.KeyDiscard) === Infinity) timers.set(Timer.KeyDiscard, untilUs);
}

/** Whether the peer has acknowledged a packet of the current key phase, and with it an update. */
function isPhaseAcked({ keys, paths, multipath }: ConnectionParts): boolean {
  if (multipath === undefined) return keys.oneRtt.onAcked(paths.active.space.sending.largestAcked);
  return multipath.open.some(({ id, space }) => keys.oneRtt.onAcked(space!.sending.largestAcked, id));
}

/**
 * The client has 1-RTT keys and sends no more 0-RTT packets: the server keeps the 0-RTT keys a while longer,
 * for packets that arrive late. RFC 9001 §4.9.3
 */
export function armEarlyKeys(parts: ConnectionParts, nowUs: number): void {
  if (!parts.keys.canReadEarly) return;
  const ptoUs = Math.min(applicationPtoUs(parts), MAX_LINGER_PTO_US);
  parts.timers.set(Timer.EarlyKeyDiscard, nowUs + LINGER_PTOS * ptoUs);
}

/**
 * The connection ends: of all timers, only that of the closing or draining period stays set. RFC 9000 §10.2
 */
export function armDrain(parts: ConnectionParts, nowUs: number): void {
  const { timers } = parts;
  timers.set(Timer.Drain, nowUs + LINGER_PTOS * Math.min(applicationPtoUs(parts), MAX_LINGER_PTO_US));
  timers.onlyKeep(Timer.Drain);
}

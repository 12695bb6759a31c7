import { nodeClock, unixTimeAtZeroUs } from '@tsquic/event-adapters';

/**
 * The tickets that were used for 0-RTT at any worker, until their replays are too old. Above a bound it takes the others
 * for used, whose data then waits for the handshake. RFC 8446 §8.1
 */
export class UsedTickets {
  private current = new Set<string>();
  private last = new Set<string>();
  private currentSinceMs = -Infinity;
  /** Tickets with an earlier expiry may have been used before this store began, or when it has forgotten it. */
  private knownFromMs: number;

  private readonly nowMs: () => number;

  /**
   * @param sharesTickets - whether tickets may come from another server, or from before a restart.
   * @param nowMs - Unix time by the clock by which the workers tell how old a ClientHello is. Default: the one that they have.
   */
  constructor(sharesTickets: boolean, nowMs: () => number = workersNowMs) {
    this.nowMs = nowMs;
    this.knownFromMs = sharesTickets ? nowMs() + LIFE_MS : -Infinity;
  }

  /** Whether this ID is used for the first time; it matters until `expiresAtMs`. */
  use(id: Uint8Array, expiresAtMs: number): boolean {
    const nowMs = this.nowMs();
    if (nowMs - this.currentSinceMs > LIFE_MS || nowMs < this.currentSinceMs) {
      this.last = nowMs - this.currentSinceMs > 2 * LIFE_MS ? new Set() : this.current;
      this.current = new Set();
      this.currentSinceMs = nowMs;
    }
    if (expiresAtMs <= this.knownFromMs || expiresAtMs > nowMs + LIFE_MS || this.current.size >= MAX_TICKETS)
      return false;
    const key = id.join();
    if (this.current.has(key) || this.last.has(key)) return false;
    this.current.add(key);
    return true;
  }
}

/**
 * The workers' contexts have this clock, which counts for the whole process from one origin. The wall clock would leave it after a
 * step or a pause of the machine: what was used would be forgotten while replays are still taken for fresh. RFC 8446 §8.3
 */
function workersNowMs(): number {
  return (unixTimeAtZeroUs + nodeClock.nowUs()) / 1000;
}

/** Twice the time by which clocks may differ, within which 0-RTT is accepted: no replay is accepted later. */
const LIFE_MS = 20_000;
/** Of one generation. */
const MAX_TICKETS = 100_000;

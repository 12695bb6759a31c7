import { UsedTokens } from './used-tokens.ts';

/** How much earlier or later than now a ClientHello with 0-RTT may have been made. RFC 8446 §8.3 */
const AGE_TOLERANCE_MS = 10_000;
const US_PER_MS = 1000;

/** The use of a ticket for 0-RTT. Times are Unix time in milliseconds. */
export interface EarlyDataUse {
  /** 16 bytes that identify the ticket. */
  readonly id: Uint8Array;
  /** When the server made the ticket. */
  readonly issuedAtMs: number;
  /** When the client made the ClientHello: within ten seconds of now. */
  readonly sentAtMs: number;
  /** When the ID may be forgotten: 0-RTT of an older ClientHello is rejected in any case. */
  readonly expiresAtMs: number;
}

/** Stores which tickets have been used for 0-RTT lately, so that none is accepted twice. RFC 8446 §8.1 */
export interface ReplayStore {
  /**
   * Use the ticket; returns false when it was used before, or may have been. The answer must be synchronous.
   */
  use(use: EarlyDataUse, nowMs: number): boolean;
}

/**
 * The tickets used in one process, for as long as the age of a replay would let it be accepted. Takes 256
 * KiB, allocated on first use. Of ten thousand uses within that time, about one in a thousand is taken for a
 * replay, and above one hundred thousand more and more are; no ticket is accepted twice. The data of a client
 * whose ticket is taken for a replay waits for the handshake.
 */
export class ProcessReplayStore implements ReplayStore {
  private readonly used = new UsedTokens(AGE_TOLERANCE_MS * US_PER_MS, AGE_TOLERANCE_MS * US_PER_MS);
  private readonly sharesTickets: boolean;
  private sinceMs = Infinity;

  /**
   * @param sharesTickets - whether tickets may come from another process or from before a restart: it is not
   * known which of them were used just before this store began.
   */
  constructor(sharesTickets: boolean) {
    this.sharesTickets = sharesTickets;
  }

  /** The server accepts clients from now on: it knows all uses of tickets that are made later. */
  begin(nowMs: number): void {
    if (this.sinceMs === Infinity) this.sinceMs = nowMs;
  }

  use({ id, issuedAtMs, sentAtMs }: EarlyDataUse, nowMs: number): boolean {
    this.begin(nowMs);
    if (this.sharesTickets && issuedAtMs < this.sinceMs && sentAtMs <= this.sinceMs + AGE_TOLERANCE_MS)
      return false;
    return this.used.use(id, sentAtMs * US_PER_MS, nowMs * US_PER_MS);
  }
}

/** A store for several contexts of one process that share `ticketKey`. */
export function createReplayStore(): ReplayStore {
  return new ProcessReplayStore(true);
}

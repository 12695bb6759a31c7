import type { Connection } from '../connection/connection.ts';

/** Of those that have waited longest, this many are looked at for one that may go. */
const CANDIDATES = 64;
/** An address with this share of all that wait is taken for one that floods. */
const FLOOD_SHARE = 4;

/**
 * Connections of clients that have not completed their handshake, also those that failed and linger: what anybody can have
 * a server hold. Their number decides whether addresses must be proved, and when there are too many the least promising
 * goes without a word, so that whoever comes next is served. RFC 9000 §8.1, §21.3
 */
export class HalfOpen {
  /** In the order in which they came, with the address that each came from. */
  private readonly waiting = new Map<Connection, string>();
  private readonly perAddress = new Map<string, number>();

  get count(): number {
    return this.waiting.size;
  }

  add(connection: Connection): void {
    const { ip } = connection.parts.paths.active.remote;
    this.waiting.set(connection, ip);
    this.perAddress.set(ip, (this.perAddress.get(ip) ?? 0) + 1);
  }

  /** The handshake is complete, or the connection forgotten. */
  remove(connection: Connection): void {
    const ip = this.waiting.get(connection);
    if (ip === undefined) return;
    this.waiting.delete(connection);
    const left = this.perAddress.get(ip)! - 1;
    if (left === 0) this.perAddress.delete(ip);
    else this.perAddress.set(ip, left);
  }

  /** Whoever is the least loss, the oldest of its kind; undefined when nobody waits. */
  leastPromising(): Connection | undefined {
    let found: Connection | undefined;
    let most = -1;
    let looked = 0;
    for (const [connection, ip] of this.waiting) {
      if (looked++ === CANDIDATES) break;
      const { closeState, handshake } = connection.parts;
      const floods = this.perAddress.get(ip)! * FLOOD_SHARE > this.count;
      const hopelessness =
        (closeState.active ? 4 : 0) + (floods ? 2 : 0) + (handshake.peerParameters === undefined ? 1 : 0);
      if (hopelessness <= most) continue;
      most = hopelessness;
      found = connection;
    }
    return found;
  }
}

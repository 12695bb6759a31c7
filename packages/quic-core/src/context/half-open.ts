import type { Connection } from '../connection/connection.ts';
import { Census } from './census.ts';

/** So many of the oldest half-open connections are compared when one has to be dropped. */
const CANDIDATES = 64;
/** A network with more than this share of all half-open connections is taken to flood the server. */
const FLOOD_SHARE = 4;

/**
 * Connections of clients that have not completed their handshake, also those that failed and are not
 * forgotten yet: any client can cause this state. Their number decides whether clients must prove their
 * address. When there are too many, the one that is least likely to complete is dropped without a packet, so
 * that the next client is served. RFC 9000 §8.1, §21.3
 */
export class HalfOpen {
  private readonly waiting = new Census<Connection>();
  /**
   * The half-open connections whose address was proved from the beginning; forged addresses cannot raise
   * their number.
   */
  private readonly proved = new Census<Connection>();

  get count(): number {
    return this.waiting.size;
  }

  /** How many half-open connections there are in a network. */
  countOf(network: string): number {
    return this.waiting.countOf(network);
  }

  /** How many half-open connections of a network came with a proof of their address. */
  provedCountOf(network: string): number {
    return this.proved.countOf(network);
  }

  add(connection: Connection, network: string): void {
    this.waiting.add(connection, network);
    if (connection.parts.paths.active.amplification.validated) this.proved.add(connection, network);
  }

  has(connection: Connection): boolean {
    return this.waiting.has(connection);
  }

  /** Count by other networks. */
  recount(networkOf: (connection: Connection) => string): void {
    this.waiting.recount(networkOf);
    this.proved.recount(networkOf);
  }

  isProved(connection: Connection): boolean {
    return this.proved.has(connection);
  }

  /**
   * The handshake is complete, or the connection is forgotten. Returns the network that it was counted for.
   */
  remove(connection: Connection): string | undefined {
    this.proved.remove(connection);
    return this.waiting.remove(connection);
  }

  /**
   * The half-open connection that is least likely to complete, the oldest of its kind; undefined when there
   * is none.
   */
  leastPromising(): Connection | undefined {
    let found: Connection | undefined;
    let most = -1;
    let looked = 0;
    for (const [connection, network] of this.waiting) {
      if (looked++ === CANDIDATES) break;
      const { closeState, handshake } = connection.parts;
      const floods = this.waiting.countOf(network) * FLOOD_SHARE > this.count;
      const hopelessness =
        (closeState.active ? 4 : 0) + (floods ? 2 : 0) + (handshake.peerParameters === undefined ? 1 : 0);
      if (hopelessness <= most) continue;
      most = hopelessness;
      found = connection;
    }
    return found;
  }
}

import { type Address, sameAddress } from './address.ts';
import type { Path } from './path.ts';
import type { PathChange, Paths } from './paths.ts';
import { lawfulOffer, ofFamily, type PreferredAddress } from './preferred-address.ts';

/** A pair of addresses that a client is to probe or to migrate to. */
export interface Move {
  readonly local: Address;
  readonly remote: Address;
  readonly interfaceIndex: number;
  /** Whether the client uses the path before it is validated. RFC 9000 §9.2 */
  readonly atOnce: boolean;
}

/**
 * Decides which path is in use. A server follows its client, whether that moves on purpose or its network moved it; a
 * client moves when its program says so, or its server prefers another address. RFC 9000 §9
 */
export class Migration {
  /**
   * Whether the peer has been seen at more than one address: what was sent to one may not have reached the
   * peer at another.
   */
  hasMoved = false;
  /**
   * Whether a server has validated another address of its client than that of the handshake: a new token has
   * to name that one. RFC 9000 §9.3
   */
  isElsewhere = false;
  /** The server's preferred addresses, as far as this client may use them. RFC 9000 §9.6 */
  offer: PreferredAddress | undefined = undefined;
  private readonly paths: Paths;
  private readonly isClient: boolean;
  private readonly followsOffer: boolean;
  /** The path of the handshake. */
  private readonly home: Path;
  /** Number of the 1-RTT packet that moved the connection to the path in use; Infinity when a handshake packet did. */
  private movedBy = -1;
  /** The path that will be in use as soon as it is validated. */
  private heading: Path | undefined = undefined;
  private headingBy = Infinity;
  /** Whether the heading is used as soon as it has a connection ID, without validation. */
  private isUrgent = false;
  /**
   * The path to use if the heading fails: from the same local address to the server's original one. RFC 9000
   * §9.6.3
   */
  private alternative: Path | undefined = undefined;
  /**
   * A server's address from before the client moved to the preferred one: new packets that come to it are
   * dropped. RFC 9000 §9.6.2
   */
  private left: Address | undefined = undefined;

  /**
   * @param followsOffer - whether a client migrates to its server's preferred address without a call of the
   * program.
   */
  constructor(paths: Paths, isClient: boolean, followsOffer = false) {
    this.paths = paths;
    this.followsOffer = followsOffer;
    this.isClient = isClient;
    this.home = paths.active;
  }

  // A server follows

  /**
   * The newest packet that holds more than probing frames came on this path: the client has migrated on
   * purpose, or a NAT has rebound its address. RFC 9000 §9.3
   */
  follow(path: Path, packetNumber: number): void {
    if (this.isClient) return;
    const { paths } = this;
    if (path === paths.active) this.heading = undefined;
    else if (!paths.isConfirmed) this.rebind(path, packetNumber);
    else if (this.mustProve(path)) this.head(path, packetNumber);
    else this.migrate(path, packetNumber);
  }

  /** Use the path that the client sends from, and validate it. */
  private migrate(path: Path, packetNumber: number): void {
    const { paths } = this;
    const old = paths.active;
    this.use(path, packetNumber);
    // If the old address still answers, the packet that caused the migration was a copy sent by an attacker.
    // RFC 9000 §9.3.3
    if (old === paths.fallback && !old.validation.isChallenging) paths.challenge(old);
    if (path.validation.failed) path.validation.failed = false;
    if (!path.amplification.validated && !path.validation.isChallenging) paths.challenge(path);
  }

  /**
   * A client may not migrate before the handshake is confirmed, but a NAT may have given it another address.
   * Packets to the old one would be lost, and the handshake would not complete, so the server sends to the
   * new one at once. Path validation has to wait: PATH_CHALLENGE goes into 1-RTT packets alone. RFC 9000 §9,
   * §9.3.1
   */
  private rebind(path: Path, packetNumber: number): void {
    this.paths.adopt(path);
    this.use(path, packetNumber);
  }

  /**
   * Whether the client has sent to another address of this server, the preferred one. The server keeps
   * sending from the old address until the path from the preferred one is validated. RFC 9000 §9.6.2
   */
  private mustProve(path: Path): boolean {
    return !path.amplification.validated && !sameAddress(path.local, this.paths.active.local);
  }

  /**
   * A packet that is a duplicate came on this path. If the copy of that packet, or of an older one, has
   * caused the migration, an attacker sent the copy, and the peer is still at the old address. RFC 9000
   * §9.3.3
   *
   * @returns whether another path is in use now.
   */
  onRepeated(path: Path, packetNumber: number): boolean {
    const { paths } = this;
    if (path !== paths.fallback || paths.active.amplification.validated || packetNumber < this.movedBy)
      return false;
    paths.returnToFallback();
    return true;
  }

  /**
   * Whether a new packet came to the address that this server used before the client moved to the preferred
   * one. RFC 9000 §9.6.2
   */
  isLeft(path: Path): boolean {
    return this.left !== undefined && sameAddress(path.local, this.left);
  }

  // A client migrates

  /** Whether a path may be opened from this local address. RFC 9000 §9, §9.5, §18.2 */
  mayOpen(local: Address): boolean {
    const { paths } = this;
    // With a zero-length connection ID, both paths would carry the same one and could be linked. RFC 9000
    // §9.5
    if (!paths.isConfirmed || paths.active.destination?.connectionId.length === 0) return false;
    return !paths.isBound || sameAddress(local, paths.active.local);
  }

  /** The server's transport parameters contain preferred_address. RFC 9000 §9.6.1 */
  onOffer(offer: PreferredAddress, blockedPorts: ReadonlySet<number>): void {
    this.offer = lawfulOffer(offer, this.home.remote, blockedPorts);
  }

  /**
   * The handshake is confirmed: the client migrates to the server's preferred address of the family that it
   * uses already.
   */
  followOffer(nowUs: number): void {
    const { active } = this.paths;
    const remote = ofFamily(this.offer, active.remote);
    if (!this.followsOffer || remote === undefined || sameAddress(remote, active.remote)) return;
    const { local, interfaceIndex } = active;
    this.move({ local, remote, interfaceIndex, atOnce: false }, nowUs);
  }

  /**
   * Whether a client may send to this address: the server's address in use, or a preferred one. RFC 9000 §9
   */
  isServer(address: Address): boolean {
    const { offer, paths } = this;
    return [paths.active.remote, offer?.ipv4, offer?.ipv6].some(
      (one) => one !== undefined && sameAddress(one, address),
    );
  }

  /** Validate a path without migrating to it. RFC 9000 §9.1 */
  probe({ local, remote, interfaceIndex }: Move, nowUs: number): void {
    const path = this.paths.open(local, remote, interfaceIndex, nowUs);
    if (!path.validation.isChallenging) this.paths.challenge(path);
  }

  /** Migrate to another path, at once or as soon as it is validated. RFC 9000 §9.2 */
  move(move: Move, nowUs: number): void {
    const { paths } = this;
    const { local, remote, interfaceIndex, atOnce } = move;
    const path = paths.open(local, remote, interfaceIndex, nowUs);
    const { heading } = this;
    this.heading = this.alternative = undefined;
    if (path === paths.active) return;
    // A client that moves while it migrates to the preferred address validates both of the server's addresses
    // from its new one. RFC 9000 §9.6.3
    const isAside = heading !== undefined && !sameAddress(heading.remote, remote);
    if (isAside && sameAddress(remote, this.home.remote)) {
      this.alternative = path;
      this.head(paths.open(local, heading.remote, interfaceIndex, nowUs), Infinity);
    } else this.head(path, Infinity);
    if (!path.validation.isChallenging) paths.challenge(path);
    this.isUrgent = atOnce;
    this.settle(nowUs);
  }

  private head(path: Path, packetNumber: number): void {
    if (this.heading === path && path.validation.isChallenging) return;
    this.heading = path;
    this.headingBy = packetNumber;
    this.isUrgent = false;
    if (!path.validation.isChallenging) this.paths.challenge(path);
  }

  /** Use the path of an immediate migration, which had to wait for a connection ID. RFC 9000 §9.5 */
  settle(nowUs: number): void {
    const { heading } = this;
    if (!this.isUrgent || heading?.destination === undefined) return;
    this.arrive(heading, nowUs);
  }

  // Both roles

  /** A path was validated, or its validation failed. */
  onChange(change: PathChange, path: Path, nowUs: number): void {
    if (change === 'validated') this.onValidated(path, nowUs);
    if (change !== 'failed' && change !== 'lost') return;
    if (path === this.alternative) this.alternative = undefined;
    if (path !== this.heading) return;
    const { alternative } = this;
    this.heading = this.alternative = undefined;
    if (alternative === undefined) return;
    if (alternative.amplification.validated && !alternative.validation.isChallenging)
      this.arrive(alternative, nowUs);
    else this.heading = alternative;
  }

  private onValidated(path: Path, nowUs: number): void {
    if (path === this.heading && !path.validation.isChallenging) this.arrive(path, nowUs);
    if (!this.isClient && path === this.paths.active && path !== this.home) this.isElsewhere = true;
  }

  private arrive(path: Path, nowUs: number): void {
    const { paths } = this;
    const old = paths.active;
    this.heading = this.alternative = undefined;
    this.isUrgent = false;
    if (path === old) return;
    // After migrating to a preferred address, disable_active_migration no longer binds the client. RFC 9000
    // §9
    if (!sameAddress(path.remote, this.home.remote)) paths.isBound = false;
    this.use(path, this.headingBy);
    // The server may send PATH_CHALLENGE to the old address: the client answers it there, with that path's
    // connection ID.
    if (this.isClient && path.amplification.validated) paths.leave(old, nowUs);
  }

  private use(path: Path, packetNumber: number): void {
    const { paths } = this;
    if (!this.isClient && !sameAddress(paths.active.local, path.local)) this.left = paths.active.local;
    if (paths.active.amplification.validated) paths.fallback = paths.active;
    this.movedBy = packetNumber;
    this.hasMoved = true;
    paths.activate(path);
  }
}

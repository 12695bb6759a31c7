import type { RememberedPath } from '@tsquic/congestion';
import { type Address, sameAddress, UNKNOWN_ADDRESS } from '../context/address.ts';
import { PATH_DATA_LENGTH } from '../frame/path.ts';
import { Path, type PathOptions } from './path.ts';

/** Addresses that a connection remembers at once. */
const MAX_PATHS = 4;
/** Numbers of paths begin anew after this many, when no packet remembers the old ones. */
const MAX_IDS = 2 ** 16;

/** What a new path needs besides its addresses. */
export type PathDefaults = Pick<
  PathOptions,
  'initialRttUs' | 'maxUdpPayloadBytes' | 'maxCongestionWindowBytes' | 'congestion' | 'ecn'
>;

/**
 * The paths of a connection: the one it sends on, and others being validated. RFC 9000 §9
 *
 * A server follows its client to a new address; a client stays with the server's first.
 */
export class Paths {
  /** Where everything but path validation goes. */
  active: Path;
  private readonly all: Path[];
  private readonly defaults: PathDefaults;
  private readonly isClient: boolean;
  private readonly random: (out: Uint8Array) => void;
  /** The last path that was validated: where to return when a newer one fails. RFC 9000 §9.3.2 */
  private fallback: Path | undefined;
  private nextId = 0;
  private mayMigrate = false;
  /** The peer was seen at more than one address: what it knows may have come to another than the one it is at. */
  hasMoved = false;
  /** Number of the packet that moved the connection to the path in use. */
  private movedBy = -1;
  /** What the peer takes in one datagram. */
  private peerMaxBytes = Infinity;

  constructor(
    remote: Address,
    local: Address,
    interfaceIndex: number,
    isClient: boolean,
    defaults: PathDefaults,
    random: (out: Uint8Array) => void,
    nowUs: number,
    remembered?: RememberedPath,
  ) {
    this.defaults = defaults;
    this.isClient = isClient;
    this.random = random;
    this.active = this.create(remote, local, interfaceIndex, isClient, nowUs, remembered);
    this.all = [this.active];
    this.nextId++;
  }

  /** The handshake is confirmed: the peer may move, and larger datagrams may be tried. RFC 9000 §9, §14.3 */
  onConfirmed(peerMaxBytes: number): void {
    this.mayMigrate = true;
    this.peerMaxBytes = peerMaxBytes;
    if (this.active.amplification.validated) this.active.startMtuSearch(peerMaxBytes);
    else this.challenge(this.active);
    if (this.fallback !== undefined) this.challenge(this.fallback);
  }

  /** Every path that is remembered, the one in use first. */
  get known(): readonly Path[] {
    return [this.active, ...this.all.filter((path) => path !== this.active)];
  }

  /** Something may still have to be said on this path. */
  isAlive(path: Path): boolean {
    if (path === this.active || path === this.fallback) return true;
    return this.all.includes(path) && (path.validation.isChallenging || path.validation.hasFrames);
  }

  /** The path with this ID, or undefined when it is forgotten. */
  byId(id: number): Path | undefined {
    return this.active.id === id ? this.active : this.all.find((path) => path.id === id);
  }

  /**
   * The path that a datagram came on, or undefined when it comes from an address that may not reach us.
   * A path that is new is not yet remembered: nothing is known to be authentic.
   */
  find(from: Address, to: Address, interfaceIndex: number, nowUs: number): Path | undefined {
    const { active } = this;
    if (sameAddress(active.remote, from)) {
      // A client learns its own address from the first datagram that reaches it.
      if (active.local === UNKNOWN_ADDRESS || active.local.port === 0) active.local = to;
      active.interfaceIndex = interfaceIndex;
      if (this.isClient || sameAddress(active.local, to)) return active;
    }
    const known = this.all.find((path) => sameAddress(path.remote, from) && sameAddress(path.local, to));
    if (known !== undefined) return known;
    if (this.isClient) return undefined;
    return this.create(from, to, interfaceIndex, false, nowUs);
  }

  /** A packet from this path was authentic. */
  remember(path: Path): void {
    if (!this.mayMigrate || path === this.active || this.all.includes(path)) return;
    this.adopt(path);
    this.challenge(path);
  }

  private adopt(path: Path): void {
    this.all.push(path);
    // The number is taken only now: datagrams that anybody can forge must not use numbers up.
    this.nextId = (this.nextId + 1) % MAX_IDS;
    if (this.all.length > MAX_PATHS) {
      const victim = this.all.findIndex(
        (one) => one !== this.active && one !== this.fallback && one !== path,
      );
      this.all.splice(victim, 1);
    }
  }

  /**
   * The newest packet, with more than probing frames in it, came from here: the peer has moved, or was moved by its
   * network. RFC 9000 §9.3
   */
  follow(path: Path, packetNumber: number): void {
    if (path === this.active) return;
    if (this.mayMigrate) this.migrate(path, packetNumber);
    else this.rebind(path);
  }

  /** The peer uses another address from now on. */
  migrate(path: Path, packetNumber = -1): void {
    if (path === this.active || !this.mayMigrate) return;
    const old = this.active;
    this.use(path);
    this.movedBy = packetNumber;
    // Whoever is still there says so, and is believed: the packet may have been copied. RFC 9000 §9.3.3
    if (old === this.fallback && !old.validation.isChallenging) this.challenge(old);
    if (path.validation.failed) path.validation.failed = false;
    if (!path.amplification.validated && !path.validation.isChallenging) this.challenge(path);
  }

  /**
   * Nobody may move on purpose before the handshake is confirmed, but a NAT may have given the client another address:
   * at the old one nobody would hear how the handshake goes on. Neither can be challenged yet. RFC 9000 §9, §9.3.1
   */
  private rebind(path: Path): void {
    if (this.isClient) return;
    if (!this.all.includes(path)) this.adopt(path);
    this.use(path);
  }

  private use(path: Path): void {
    if (this.active.amplification.validated) this.fallback = this.active;
    this.active = path;
    this.hasMoved = true;
  }

  /**
   * A packet that has come before came from here as well. When the connection was moved by it, or since, it was moved
   * by a copy: the peer is where it was. RFC 9000 §9.3.3
   *
   * @returns whether the path in use is another now.
   */
  onRepeated(path: Path, packetNumber: number): boolean {
    if (path !== this.fallback || this.active.amplification.validated || packetNumber < this.movedBy)
      return false;
    this.active = path;
    this.fallback = undefined;
    return true;
  }

  /** A PATH_RESPONSE came; it may come on any path. RFC 9000 §8.2.3 */
  onResponse(data: Uint8Array): void {
    for (const path of this.all) {
      if (!path.validation.onResponse(data)) continue;
      path.amplification.validated = true;
      // A short datagram has shown the address, but not that the path carries what it must. RFC 9000 §8.2.1
      if (path.validation.wasShort) this.challenge(path);
      else path.startMtuSearch(this.peerMaxBytes);
      if (path === this.active) this.fallback = undefined;
    }
  }

  /** What became of a probe of `bytes` bytes on the path with this ID, unless that is forgotten. RFC 9000 §14.4 */
  onMtuProbeAcked(bytes: number, id: number): void {
    this.byId(id)?.onMtuProbeAcked(bytes);
  }

  onMtuProbeLost(bytes: number, id: number): void {
    this.byId(id)?.mtu.onProbeLost(bytes);
  }

  /** A path other than the active one that has something to send, or undefined. */
  withFrames(): Path | undefined {
    for (const path of this.all) if (path !== this.active && path.validation.hasFrames) return path;
    return undefined;
  }

  /** When the next challenge times out. */
  timerUs(): number {
    let timerUs = Infinity;
    for (const path of this.all) timerUs = Math.min(timerUs, path.validation.timerUs);
    return timerUs;
  }

  onTimer(nowUs: number): void {
    for (const path of [...this.all]) {
      if (path.validation.timerUs > nowUs) continue;
      // Where there is no other address to return to, only silence ends the connection. RFC 9000 §9.3.2
      const isLast = path === this.active && !path.amplification.validated && this.fallback === undefined;
      path.validation.onTimer(this.challengeData(), isLast);
      if (!path.validation.failed) continue;
      if (path === this.active && this.fallback !== undefined) {
        this.active = this.fallback;
        this.fallback = undefined;
      }
      // The last validated address stays, though nobody answers there: it is where to return to.
      if (path !== this.active && path !== this.fallback) this.all.splice(this.all.indexOf(path), 1);
    }
  }

  private challenge(path: Path): void {
    path.validation.challenge(this.challengeData());
  }

  private challengeData(): Uint8Array {
    const data = new Uint8Array(PATH_DATA_LENGTH);
    this.random(data);
    return data;
  }

  private create(
    remote: Address,
    local: Address,
    interfaceIndex: number,
    validated: boolean,
    nowUs: number,
    remembered?: RememberedPath,
  ): Path {
    const word = new Uint8Array(4);
    this.random(word);
    const seed = ((word[0]! << 24) | (word[1]! << 16) | (word[2]! << 8) | word[3]!) >>> 0;
    return new Path(this.nextId, {
      remote,
      local,
      interfaceIndex,
      validated,
      nowUs,
      seed,
      remembered,
      ...this.defaults,
    });
  }
}

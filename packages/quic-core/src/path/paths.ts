import type { CongestionFactory, RememberedPath } from '@tsquic/congestion';
import { type Address, sameAddress } from './address.ts';
import { PATH_DATA_LENGTH } from '../frame/path.ts';
import type { PeerId, PeerIds } from '../ids/peer-ids.ts';
import { Path, type PathOptions } from './path.ts';

/** Addresses that a connection remembers at once. */
const MAX_PATHS = 4;
/** Path numbers start again after so many, when no sent packet names the old ones any more. */
const MAX_IDS = 2 ** 16;

/** What a new path needs besides its addresses. */
export type PathDefaults = Pick<
  PathOptions,
  'initialRttUs' | 'maxUdpPayloadBytes' | 'maxCongestionWindowBytes' | 'ecn' | 'space' | 'spinBit' | 'bits'
> & { congestion: CongestionFactory };

/** What happened to a path; 'lost' is a path that had been validated before. */
export type PathChange = 'validated' | 'failed' | 'active' | 'lost';

/** Is called with what happens to paths. */
export type PathListener = (change: PathChange, path: Path, nowUs: number) => void;

/** Probe timeouts for which a path that is no longer in use keeps its connection ID. */
const LINGER_PTOS = 3;

/**
 * The paths of a connection: the one in use, and others that are being validated or were. Each has a
 * connection ID of its own, so that an observer cannot link them. RFC 9000 §9, §9.5
 */
export class Paths {
  /** The path in use: all frames but those of path validation go there. */
  active: Path;
  private readonly all: Path[];
  readonly defaults: PathDefaults;
  private readonly ids: PeerIds;
  private readonly isClient: boolean;
  private readonly random: (out: Uint8Array) => void;
  /**
   * The path that was validated last: the connection returns to it when validation of a newer one fails.
   * RFC 9000 §9.3.2
   */
  fallback: Path | undefined;
  /** Whether the handshake is confirmed, before which there is only one path. RFC 9000 §9 */
  isConfirmed = false;
  /**
   * Whether the peer's disable_active_migration forbids this end to send from another local address. RFC 9000
   * §9
   */
  isBound = false;
  tell: PathListener = () => {};
  /**
   * Whether this is a path ID after the first, whose address a client validates as well.
   * draft-ietf-quic-multipath §3.1
   */
  private readonly isLater: boolean;
  private nextId = 0;
  /** The peer's max_udp_payload_size. */
  private peerMaxBytes = Infinity;
  private maxAckDelayUs = 0;

  constructor(
    remote: Address,
    local: Address,
    interfaceIndex: number,
    isClient: boolean,
    ids: PeerIds,
    defaults: PathDefaults,
    random: (out: Uint8Array) => void,
    nowUs: number,
    remembered?: RememberedPath,
  ) {
    this.ids = ids;
    this.defaults = defaults;
    this.isClient = isClient;
    this.random = random;
    this.isLater = ids.first === undefined;
    const isValidated = isClient && !this.isLater;
    // A server takes an ID for a later path once a packet of it is authentic: a damaged one uses up none.
    const later = isClient ? ids.take() : undefined;
    const destination = this.isLater ? later : ids.first;
    this.active = this.create(remote, local, interfaceIndex, destination, isValidated, nowUs, remembered);
    this.all = [this.active];
    this.nextId++;
  }

  /**
   * The handshake is confirmed: the peer may migrate, and larger datagrams may be probed. RFC 9000 §9, §14.3
   *
   * @param maxAckDelayUs - the peer's max_ack_delay.
   */
  onConfirmed(peerMaxBytes: number, maxAckDelayUs: number): void {
    this.isConfirmed = true;
    this.peerMaxBytes = peerMaxBytes;
    this.maxAckDelayUs = maxAckDelayUs;
    if (this.active.amplification.validated) this.active.allowMtuSearch(peerMaxBytes);
    else this.challenge(this.active);
    if (this.fallback !== undefined) this.challenge(this.fallback);
  }

  /** Every path that is remembered, the one in use first. */
  get known(): readonly Path[] {
    return [this.active, ...this.all.filter((path) => path !== this.active)];
  }

  /** Whether frames may still have to be sent on this path. */
  isAlive(path: Path): boolean {
    if (path === this.active || path === this.fallback) return true;
    const { validation, lingerUs, amplification } = path;
    // A client may migrate later to a path that it has validated.
    const isReady = this.isClient && amplification.validated && !path.isLeft;
    const isAsking = validation.isChallenging || validation.hasFrames || lingerUs < Infinity;
    return this.all.includes(path) && (isReady || isAsking);
  }

  /** The path with this ID, or undefined when it is forgotten. */
  byId(id: number): Path | undefined {
    return this.active.id === id ? this.active : this.all.find((path) => path.id === id);
  }

  /**
   * The path that a datagram came on, or undefined when it comes from an address that the peer may not use. A
   * new path is not remembered yet, because no packet of the datagram has been authenticated.
   */
  find(from: Address, to: Address, interfaceIndex: number, nowUs: number): Path | undefined {
    const { active } = this;
    const isHere = sameAddress(active.remote, from);
    // A client learns its own address from the first datagram that reaches it.
    if (isHere && isUnknown(active.local, to)) active.local = to;
    if (isHere && sameAddress(active.local, to)) {
      active.interfaceIndex = interfaceIndex;
      return active;
    }
    const known = this.all.find((path) => sameAddress(path.remote, from) && sameAddress(path.local, to));
    if (known !== undefined) return known;
    if (!this.isClient) return this.create(from, to, interfaceIndex, active.destination, false, nowUs);
    return this.findOfClient(from, to, interfaceIndex, nowUs);
  }

  /**
   * A client accepts datagrams only from server addresses that it sends to. When the server sends to another
   * local address of the client, the client answers from that address without migrating: only clients
   * migrate. RFC 9000 §9
   */
  private findOfClient(from: Address, to: Address, interfaceIndex: number, nowUs: number): Path | undefined {
    const there = this.all.find((path) => sameAddress(path.remote, from));
    if (there === undefined) return undefined;
    if (isUnknown(there.local, to)) there.local = { ip: to.ip, port: to.port };
    if (sameAddress(there.local, to)) return there;
    if (!this.isConfirmed || this.isBound) return there;
    return this.create(from, to, interfaceIndex, this.sharedId, false, nowUs);
  }

  /** A packet from this path was authentic. */
  remember(path: Path): void {
    if (path === this.active && this.isLater) path.destination ??= this.ids.take();
    if (!this.isConfirmed || path === this.active || this.all.includes(path)) return;
    this.adopt(path);
    if (!this.isClient) this.challenge(path);
  }

  /**
   * A client's path to an address of its server. A new path gets a connection ID of its own, or waits for
   * one.
   */
  open(local: Address, remote: Address, interfaceIndex: number, nowUs: number): Path {
    const known = this.all.find((path) => sameAddress(path.remote, remote) && sameAddress(path.local, local));
    if (known !== undefined) {
      known.interfaceIndex = interfaceIndex;
      known.isLeft = false;
      known.destination ??= this.ids.take();
      return known;
    }
    const path = this.create(remote, local, interfaceIndex, this.ids.take(), false, nowUs);
    this.adopt(path);
    return path;
  }

  /** Remember a path; if there are too many then, forget another one. */
  adopt(path: Path): void {
    if (this.all.includes(path)) return;
    this.all.push(path);
    // A path gets its number only once a packet was authentic, so that forged datagrams cannot use up the
    // numbers.
    this.nextId = (this.nextId + 1) % MAX_IDS;
    if (this.all.length <= MAX_PATHS) return;
    const isFree = (one: Path): boolean => one !== this.active && one !== this.fallback && one !== path;
    const victim = this.all.find((one) => isFree(one) && !this.isAlive(one)) ?? this.all.find(isFree)!;
    this.forget(victim);
  }

  /** Use this path from now on. */
  activate(path: Path): void {
    path.destination ??= this.active.destination;
    path.isLeft = false;
    path.lingerUs = Infinity;
    this.active = path;
    // A client that came back has no other address to return to, and must not leave the one that it is at.
    if (this.fallback === path) this.fallback = undefined;
    path.space.receiving.onPathChanged();
    this.tell('active', path, 0);
  }

  /** Validation of the path in use failed: use the path that was validated last. RFC 9000 §9.3.2 */
  returnToFallback(): void {
    if (this.fallback !== undefined) this.activate(this.fallback);
  }

  /**
   * A client has migrated: for a while it still answers a PATH_CHALLENGE that comes to the old address.
   * RFC 9000 §9.3.3
   */
  leave(path: Path, nowUs: number): void {
    path.isLeft = true;
    this.linger(path, nowUs);
  }

  /**
   * Keep the path's connection ID for a while: packets that carry it may still be under way, perhaps on a
   * longer path.
   */
  linger(path: Path, nowUs: number): void {
    path.lingerUs = nowUs + LINGER_PTOS * this.longestPtoUs();
  }

  /**
   * An authentic packet came on `path`, addressed to our ID `bytes[from, to)`. A peer that migrates on
   * purpose uses another ID of ours, and is answered with another ID of its own, so that an observer cannot
   * link the two paths. A peer whose packets carry the same ID had its address rebound by a NAT, and is
   * answered with the same ID. RFC 9000 §9.5
   */
  onAddressed(path: Path, bytes: Uint8Array, from: number, to: number): void {
    path.onAddressed(bytes, from, to);
    const { active, ids } = this;
    if (this.isClient || path === active || ids.areEmpty || this.byId(path.id) !== path) return;
    // While only Initial packets have come on the path in use, the client did not know an ID of ours.
    if (active.usedId.length === 0) return;
    if (path.destination !== undefined && path.destination !== active.destination) return;
    path.destination = path.usedId === active.usedId ? active.destination : ids.take();
  }

  /**
   * The peer has asked to retire IDs: paths that used one of them get another, the path in use first.
   * RFC 9000 §5.1.2
   */
  replaceRetired(): void {
    const { active } = this;
    if (active.destination?.retired === true)
      this.replace(active.destination, this.ids.takeAfterRetirement());
    for (const { destination } of this.all)
      if (destination?.retired === true) this.replace(destination, this.ids.take());
  }

  /**
   * Retire the IDs of paths that have no frames left to send, and give IDs to paths that wait for one.
   * RFC 9000 §9.5
   */
  settle(): void {
    const { active, all, ids } = this;
    active.destination ??= ids.take();
    if (all.length === 1 && ids.takenCount === 1) return;
    for (const path of all) {
      if (path === active) continue;
      if (!this.isAlive(path)) path.destination = this.sharedId;
      else path.destination ??= ids.take();
    }
    ids.retireUnused(all);
  }

  /**
   * The ID for a path that has none of its own: undefined at a client, which uses no ID from two local
   * addresses. RFC 9000 §9.5
   */
  private get sharedId(): PeerId | undefined {
    return this.isClient && !this.ids.areEmpty ? undefined : this.active.destination;
  }

  private replace(old: PeerId, next: PeerId | undefined): void {
    for (const path of this.all) if (path.destination === old) path.destination = next;
  }

  /** A PATH_RESPONSE came; it may come on any path. RFC 9000 §8.2.3 */
  onResponse(data: Uint8Array, nowUs: number): void {
    for (const path of [...this.all]) {
      const askedUs = path.validation.onResponse(data);
      if (askedUs < 0) continue;
      path.amplification.validated = true;
      path.rtt.onFirstGlance(nowUs - askedUs);
      // The PATH_CHALLENGE left in a datagram that was too short: the address is validated, but not that the
      // path carries datagrams of full size. RFC 9000 §8.2.1
      if (path.validation.wasShort) this.challenge(path);
      else path.startMtuSearch(this.peerMaxBytes);
      if (path === this.active) this.dropFallback(nowUs);
      this.tell('validated', path, nowUs);
    }
  }

  /** The path in use is validated: the connection does not return to the one before. */
  private dropFallback(nowUs: number): void {
    if (this.isClient && this.fallback !== undefined) this.leave(this.fallback, nowUs);
    this.fallback = undefined;
  }

  /** A path other than the active one that has something to send, the next one after `last`; or undefined. */
  withFrames(last?: Path): Path | undefined {
    const { all, active } = this;
    for (let i = last === undefined ? 0 : all.indexOf(last) + 1; i < all.length; i++)
      if (all[i] !== active && all[i]!.validation.hasFrames) return all[i];
    return undefined;
  }

  /** When the next PATH_CHALLENGE times out, or the next path that was left is forgotten. */
  timerUs(): number {
    let timerUs = Infinity;
    for (let i = 0; i < this.all.length; i++)
      timerUs = Math.min(timerUs, this.all[i]!.validation.timerUs, this.all[i]!.lingerUs);
    return timerUs;
  }

  /**
   * Give up paths whose validation failed; returns whether no validated address of the peer is left. RFC 9000
   * §8.2.4, §9.3.2
   */
  onTimer(nowUs: number): boolean {
    let isOver = false;
    for (const path of [...this.all]) {
      if (path.lingerUs <= nowUs) {
        path.lingerUs = Infinity;
        if (path.isLeft) this.lose(path, nowUs);
      }
      if (path.validation.timerUs > nowUs) continue;
      const isLast = path === this.active && !path.amplification.validated && this.fallback === undefined;
      // A later path is no more than one of several, so that it gets no longer time than a path to migrate to.
      path.validation.onTimer(this.challengeData(), isLast && !this.isLater);
      if (!path.validation.failed) continue;
      if (isLast) isOver = true;
      this.onFailed(path, nowUs);
    }
    return isOver;
  }

  private onFailed(path: Path, nowUs: number): void {
    if (path === this.active) this.returnToFallback();
    // The path that was validated last is kept even if its validation fails now: a failed migration returns
    // to it. RFC 9000 §9.3.2
    if (path !== this.active && path !== this.fallback) this.lose(path, nowUs);
  }

  private lose(path: Path, nowUs: number): void {
    path.validation.stop();
    this.forget(path);
    this.tell(path.amplification.validated ? 'lost' : 'failed', path, nowUs);
  }

  private forget(path: Path): void {
    this.all.splice(this.all.indexOf(path), 1);
    path.destination = this.active.destination;
  }

  /** Send PATH_CHALLENGE to validate the path. RFC 9000 §8.2 */
  challenge(path: Path): void {
    path.validation.challenge(this.challengeData(), this.longestPtoUs(), this.maxAckDelayUs);
  }

  private longestPtoUs(): number {
    let ptoUs = 0;
    for (const { rtt } of this.all) ptoUs = Math.max(ptoUs, rtt.ptoUs);
    return ptoUs;
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
    destination: PeerId | undefined,
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
      destination,
      validated,
      isLimited: !this.isClient,
      nowUs,
      seed,
      remembered,
      isClient: this.isClient,
      ...this.defaults,
    });
  }
}

/** Whether a client's host has not told the local address that it sends from, or only a part of it. */
function isUnknown({ ip, port }: Address, to: Address): boolean {
  return port === 0 || (port === to.port && (ip === '' || ip === '0.0.0.0' || ip === '::'));
}

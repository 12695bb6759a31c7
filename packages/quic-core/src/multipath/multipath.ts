import type { ByteReader } from '@tsquic/bytes';
import type { Datagrams } from '../datagrams/datagrams.ts';
import { TransportCode, violation } from '../errors/transport-error.ts';
import type { CloseReason, PathStateEvent } from '../events.ts';
import type { ConnectionIdRegistry } from '../ids/registry.ts';
import type { OneRttKeys } from '../keys/update.ts';
import { LONG_FORM, type PacketHeader } from '../packet/header.ts';
import type { TransportParameters } from '../parameters/parameters.ts';
import { type Address, sameAddress } from '../path/address.ts';
import type { Path } from '../path/path.ts';
import type { Tracer } from '../trace/tracer.ts';
import { BoundData, type SentStreams } from './bound-data.ts';
import { NumberedPath, type PathParts } from './numbered-path.ts';
import { PathAnnouncements } from './path-announcements.ts';
import { PathLiveness, type LivenessOptions } from './path-liveness.ts';
import { type PathFrameListener, PathFrames } from './path-frames.ts';
import type { PathScheduler } from '../path/path-scheduler.ts';
import { PathTable } from './path-table.ts';
import { SendingOrder } from './scheduler.ts';
import { countUnproven, hasLively, hasPromising, hasUsable } from './successors.ts';

/** Where a path leads. */
export interface PathAddresses {
  readonly local: Address;
  readonly remote: Address;
  readonly interfaceIndex: number;
}

/** The connection, as far as several paths need it. */
export interface MultipathHost extends PathParts {
  readonly streams: SentStreams;
  readonly datagrams: Datagrams;
  readonly id: number;
  readonly isClient: boolean;
  readonly tracer: Tracer;
  /** The time of the current call. */
  nowUs(): number;
  readonly keys: { readonly oneRtt: OneRttKeys };
  /** Make the parts of a path, whose validation begins. */
  createPath(path: NumberedPath, addresses: PathAddresses, nowUs: number): PathParts;
  emit(event: Omit<PathStateEvent, 'connection'>): void;
  readonly life: { close(reason: CloseReason): void };
}

/** Transport parameters of the peer that hold for every path. RFC 9000 §18.2, draft-ietf-quic-multipath §2.1 */
export type PeerPathLimits = Pick<
  TransportParameters,
  'initialMaxPathId' | 'maxUdpPayloadSize' | 'maxAckDelayMs' | 'ackDelayExponent' | 'disableActiveMigration'
>;

/** What this end has chosen. */
export interface MultipathOptions extends LivenessOptions {
  /** Our initial_max_path_id. */
  readonly maxPathId: number;
  readonly scheduler: PathScheduler;
  /** Whether the data of all streams leaves on every path. */
  readonly copiesAll: boolean;
}

/** What is counted over all paths. */
export interface PathCounts {
  packetsSent: number;
  packetsLost: number;
  packetsSpuriouslyLost: number;
  probeTimeouts: number;
}

/**
 * A server validates so many paths at once: a client that names the addresses of others makes it send to no more of them. Who opens
 * more has its packet dropped, and repeats the challenge. draft-ietf-quic-multipath §7.2
 */
const MAX_VALIDATING = 4;
/** A path that has been silent for so many probe timeouts in a row is abandoned, where there is another. */
const DEAD_PTOS = 6;
/** After so many, the program is told. */
const SUSPENDED_PTOS = 2;
/** A path that both ends have abandoned is remembered for so many probe timeouts. draft-ietf-quic-multipath §3.4 */
const LINGER_PTOS = 3;

/** Error codes of PATH_ABANDON. draft-ietf-quic-multipath §4.2.1 */
export const AbandonCode = { NoError: 0x0, Application: 0x3e, UnstableOrPoor: 0x3e76 } as const;

/** Several paths at once: which there are, and the frames about them. draft-ietf-quic-multipath */
export class Multipath implements PathFrameListener {
  readonly table: PathTable;
  /** The frames about paths that this end sends. */
  readonly announcements: PathAnnouncements;
  /** Paths in use, those to send data on first. */
  readonly open: NumberedPath[];
  /** Puts these in the order of sending. */
  readonly order: SendingOrder;
  /** Data that does not leave on whichever path has room. */
  readonly bound: BoundData;
  /** Whether the handshake is confirmed, before which there is one path. */
  isRunning = false;
  /** Counts of paths that are over. */
  private readonly past: PathCounts = createPathCounts();
  /** What the peer said of paths in its transport parameters. */
  readonly peer: PeerPathLimits;
  private readonly host: MultipathHost;
  private readonly frames: PathFrames;
  private readonly liveness: PathLiveness;
  /** Paths that wait for connection IDs to be opened, and where they lead. */
  private readonly waiting = new Map<NumberedPath, PathAddresses>();
  private nowUs = 0;

  /** @param peer - the transport parameters of the peer. */
  constructor(
    host: MultipathHost,
    registry: ConnectionIdRegistry,
    { maxPathId, scheduler, copiesAll, ...liveness }: MultipathOptions,
    peer: PeerPathLimits,
  ) {
    this.host = host;
    this.liveness = new PathLiveness(liveness);
    const { maxUdpPayloadSize, maxAckDelayMs, ackDelayExponent, disableActiveMigration } = peer;
    const { initialMaxPathId } = peer;
    this.peer = {
      initialMaxPathId,
      maxUdpPayloadSize,
      maxAckDelayMs,
      ackDelayExponent,
      disableActiveMigration,
    };
    const first = new NumberedPath(0, host.localIds, host.peerIds, host);
    this.open = [first];
    this.order = new SendingOrder(scheduler, this.open);
    this.table = new PathTable(first, registry, maxPathId, initialMaxPathId);
    this.bound = new BoundData(this.table, host.streams, host.datagrams, copiesAll);
    this.frames = new PathFrames(this.table, this);
    this.announcements = new PathAnnouncements(this.table);
  }

  /** The handshake is confirmed: connection IDs for further paths are issued. draft-ietf-quic-multipath §3 */
  start(idLimit: number): void {
    this.isRunning = true;
    this.host.localIds.isNumbered = this.host.peerIds.isNumbered = true;
    this.table.supply(idLimit);
  }

  // Datagrams

  /**
   * The path that a datagram came on, by its first Destination Connection ID; undefined for path 0 where the ID is of no other. It has
   * no parts where it is not in use, or over. draft-ietf-quic-multipath §3.1
   */
  addressed(bytes: Uint8Array, length: number): NumberedPath | undefined {
    if (!this.isRunning || (bytes[0]! & LONG_FORM) !== 0) return undefined;
    return this.table.addressed(bytes, 1, length);
  }

  /**
   * A packet of the peer came that is addressed to a path without parts, and is authentic: a client's opens the path. Returns whether
   * it does. draft-ietf-quic-multipath §3.1
   */
  onFirstPacket(path: NumberedPath, addresses: PathAddresses, nowUs: number): boolean {
    if (this.host.isClient || path.state !== 'unused' || countUnproven(this.open) >= MAX_VALIDATING)
      return false;
    path.parts = this.host.createPath(path, addresses, nowUs);
    this.use(path);
    return true;
  }

  /**
   * Open the next path, as soon as both ends have issued a connection ID for it; undefined where the limit of the
   * peer forbids it, which the peer is told. draft-ietf-quic-multipath §3.1, §3.2.1
   */
  openPath(addresses: PathAddresses, nowUs: number): NumberedPath | undefined {
    const { table, waiting } = this;
    const path = table.all.find(
      (one) => one.state === 'unused' && one.id <= table.peerMax && !waiting.has(one),
    );
    if (path === undefined) {
      // The peer can do nothing about a limit of our own. draft-ietf-quic-multipath §3.2.1
      if (table.peerMax <= table.localMax) this.announcements.onBlocked(undefined);
      return undefined;
    }
    if (!path.peerIds.hasSpare) this.announcements.onBlocked(path);
    waiting.set(path, addresses);
    this.openWaiting(nowUs);
    return path;
  }

  /** Open the paths that have the connection IDs that they waited for. */
  private openWaiting(nowUs: number): void {
    for (const [path, addresses] of this.waiting) {
      if (path.state === 'unused' && !(path.peerIds.hasSpare && path.localIds.hasSent)) continue;
      this.waiting.delete(path);
      if (path.state !== 'unused') continue;
      path.parts = this.host.createPath(path, addresses, nowUs);
      this.use(path);
    }
  }

  /** Abandon a path. False where no other can carry data, and where it is abandoned already. draft-ietf-quic-multipath §3.4 */
  abandon(path: NumberedPath, code: number, nowUs: number): boolean {
    if (path.state === 'abandoned' || (path.state === 'open' && !hasUsable(this.open, path))) return false;
    this.giveUp(path, code, nowUs);
    return true;
  }

  /** @param ownCode - what PATH_ABANDON says, where that is not what the program is told. */
  private giveUp(path: NumberedPath, code: number, nowUs: number, ownCode = code): void {
    const { parts } = path;
    path.abandon(code, ownCode, nowUs);
    const at = this.open.indexOf(path);
    if (at >= 0) this.open.splice(at, 1);
    this.bound.unbind(path.id);
    if (parts !== undefined || this.waiting.delete(path)) this.tell(path, 'abandoned');
  }

  private use(path: NumberedPath): void {
    path.state = 'open';
    this.open.push(path);
    this.table.supplyOne(path);
  }

  // Frames in

  /** A frame about paths came, which stands at the reader just after its type. */
  onFrame(type: number, reader: ByteReader, header: PacketHeader, nowUs: number): void {
    this.nowUs = nowUs;
    this.frames.take(type, reader, header);
  }

  /**
   * The host could not send from one address to the other. That may pass, and the report may be forged, so that it counts
   * like a probe timeout, once for each. A path that the client is only opening is given up at once.
   */
  onUnreachable(remote: Address, local: Address | undefined, nowUs: number): void {
    for (const path of [...this.open]) {
      const { active } = path.parts!.paths;
      if (!sameAddress(active.remote, remote) || local === undefined || !sameAddress(active.local, local))
        continue;
      if (this.host.isClient && !path.isProven) this.abandon(path, AbandonCode.UnstableOrPoor, nowUs);
      else if (path.refusedUntilUs <= nowUs) this.onRefused(path, nowUs);
    }
  }

  private onRefused(path: NumberedPath, nowUs: number): void {
    if (!hasLively(this.open, path)) return;
    const { recovery, paths } = path.parts!;
    path.refusedUntilUs = nowUs + Math.ceil(paths.active.rtt.ptoUs);
    recovery.pto.count++;
    // Only an acknowledgement shows that the path is back.
    if (path.space!.sending.sent.elicitingCount === 0) path.space!.sending.demand(1);
    this.onSilence(path, nowUs);
  }

  /**
   * The peer abandons a path. The last one that is usable may end while another is being validated, whose failure then
   * ends the connection. draft-ietf-quic-multipath §3.4
   */
  onAbandoned(path: NumberedPath, code: number): void {
    const { nowUs } = this;
    if (path.state === 'open' && !hasUsable(this.open, path) && !hasPromising(this.table.all, path)) {
      const text = 'the peer has abandoned the last path';
      const { NoViablePath } = TransportCode;
      return this.host.life.close({
        kind: 'transport',
        code: NoViablePath,
        frameType: 0,
        text,
        remote: false,
      });
    }
    if (path.state !== 'abandoned') this.giveUp(path, code, nowUs, AbandonCode.NoError);
    // What the peer sent on this path before may take longer than on any that is left.
    const ptoUs = Math.max(this.longestPtoUs, path.parts?.paths.active.rtt.ptoUs ?? 0);
    if (path.endUs === Infinity) path.endUs = nowUs + LINGER_PTOS * ptoUs;
  }

  /**
   * The path that PATH_ACK acknowledges packets of; undefined where it is over, or was abandoned before it was used. Throws
   * PROTOCOL_VIOLATION for another path that this end has sent nothing on. Where acknowledgements come by another path than the last one, round trips are others,
   * so that their minimum begins anew. draft-ietf-quic-multipath §4.1, §5.4
   *
   * @param cameOn - the path ID that the frame came on.
   */
  acknowledged(pathId: number, type: number, cameOn: number): PathParts | undefined {
    const path = this.frames.pathOf(pathId, type);
    if (path === undefined) return undefined;
    if (path.parts === undefined) {
      if (path.state === 'abandoned') return undefined;
      violation(type, 'packets of a path that is not in use');
    }
    if (path.ackPathId !== cameOn) path.parts.paths.active.rtt.renewMinimum();
    path.ackPathId = cameOn;
    return path.parts;
  }

  // What holds for all paths

  /** Whether a path is abandoned, so that frames about it are ignored. draft-ietf-quic-multipath §4 */
  isOver(pathId: number): boolean {
    const path = this.table.find(pathId);
    return path === undefined || path.state === 'abandoned';
  }

  /** The parts of a path in use. */
  partsOf(pathId: number): PathParts {
    return this.table.find(pathId)?.parts ?? this.host;
  }

  /** The parts of the path that data is sent on first. */
  get best(): PathParts {
    return this.open[0]?.parts ?? this.host;
  }

  /** The addresses in use of the paths that data may be sent on, the best first. */
  get usable(): Path[] {
    return this.open.filter(({ isUsable }) => isUsable).map(({ parts }) => parts!.paths.active);
  }

  /** The largest datagram that fits every path that data may be sent on. */
  get leastMtuBytes(): number {
    let bytes = this.best.paths.active.mtu.mtuBytes;
    for (const { isUsable, parts } of this.open)
      if (isUsable) bytes = Math.min(bytes, parts!.paths.active.mtu.mtuBytes);
    return bytes;
  }

  /** Counts over all paths, from the beginning of the connection. */
  counts(): Readonly<PathCounts> {
    const counts = { ...this.past };
    for (const { parts } of this.table.all) if (parts !== undefined) addCounts(counts, parts);
    return counts;
  }

  /** The connection has ended: sent packets matter no more. */
  onConnectionEnd(): void {
    for (const { id, parts } of this.table.all) if (id > 0) parts?.recovery.onConnectionEnd();
  }

  // Time

  /** The longest probe timeout of the paths in use, without max_ack_delay. draft-ietf-quic-multipath §2.5, §2.6 */
  get longestPtoUs(): number {
    let ptoUs = 0;
    for (const { parts } of this.open) ptoUs = Math.max(ptoUs, parts!.paths.active.rtt.ptoUs);
    return ptoUs;
  }

  /** The connection has its turn; see `Recovery.onTurn`. */
  onTurn(dueUs: number, nowUs: number): void {
    for (const { id, parts } of this.open) if (id > 0) parts!.recovery.onTurn(dueUs, nowUs);
  }

  /** When the first loss timer is due. */
  lossUs(nowUs: number): number {
    let dueUs = Infinity;
    for (const path of this.open) {
      path.lossUs = path.parts!.recovery.timerUs(nowUs);
      dueUs = Math.min(dueUs, path.lossUs);
    }
    return dueUs;
  }

  /** Loss timers are due. */
  onLossTimer(nowUs: number): void {
    for (const path of [...this.open]) {
      if (path.lossUs > nowUs) continue;
      const { recovery } = path.parts!;
      const { count } = recovery.pto;
      recovery.onLossTimer(nowUs);
      if (recovery.pto.count > count && this.isRunning) this.onSilence(path, nowUs);
    }
  }

  /** A probe timeout has expired: what is in flight goes out on another path as well. draft-ietf-quic-multipath §5.7 */
  private onSilence(path: NumberedPath, nowUs: number): void {
    const { recovery } = path.parts!;
    if (!hasLively(this.open, path)) return;
    recovery.repeatOldest(path.space!, Infinity);
    if (recovery.pto.count >= DEAD_PTOS) this.abandon(path, AbandonCode.UnstableOrPoor, nowUs);
    else if (recovery.pto.count >= SUSPENDED_PTOS && !path.isSuspended) {
      path.suspend(true);
      this.tell(path, 'suspended');
    }
  }

  /** When the next path validation times out, the next abandoned path is over, or a path has been quiet for too long. */
  timerUs(): number {
    let dueUs = Infinity;
    for (const { state, parts, endUs } of this.table.all)
      dueUs = Math.min(dueUs, endUs, state === 'open' ? parts!.paths.timerUs() : Infinity);
    return this.isRunning ? Math.min(dueUs, this.liveness.timerUs(this.open)) : dueUs;
  }

  /** Validations have timed out, or abandoned paths are over. Returns whether no path is left. */
  onTimer(nowUs: number): boolean {
    for (const path of [...this.table.all]) {
      if (path.endUs <= nowUs) this.end(path, nowUs);
      if (path.state !== 'open' || !path.parts!.paths.onTimer(nowUs)) continue;
      if (!hasUsable(this.open, path) && !hasPromising(this.table.all, path)) return true;
      this.giveUp(path, AbandonCode.UnstableOrPoor, nowUs);
    }
    if (this.isRunning)
      this.liveness.onTimer(this.open, nowUs, (path) => this.abandon(path, AbandonCode.NoError, nowUs));
    return false;
  }

  /** An abandoned path is forgotten, unless the peer may still have to hear that. draft-ietf-quic-multipath §3.4 */
  private end(path: NumberedPath, nowUs: number): void {
    if (!path.isAbandonKnown) {
      path.endUs = nowUs + this.longestPtoUs;
      return;
    }
    if (path.parts !== undefined) {
      addCounts(this.past, path.parts);
      path.parts.recovery.onConnectionEnd();
    }
    this.host.keys.oneRtt.forgetPath(path.id);
    if (this.table.forget(path)) this.announcements.onLimitRaised();
  }

  /** Give paths the connection IDs that they may use, and tell the program how paths stand. */
  settle(nowUs: number): void {
    if (this.waiting.size > 0) this.openWaiting(nowUs);
    for (const path of this.open) {
      const { paths, migration } = path.parts!;
      if (path.id > 0) {
        paths.settle();
        migration.settle(nowUs);
      }
      const isNew = !path.isProven && paths.active.amplification.validated;
      const isBack = path.isSuspended && !path.isSilent;
      if (isNew) path.isProven = true;
      if (isBack) path.suspend(false);
      if (isNew || isBack) this.tell(path, 'available');
      if (!isNew && !migration.isElsewhere) continue;
      // The client has validated another address: it gets a token for it. draft-ietf-quic-multipath §3.1.4
      migration.isElsewhere = false;
      this.host.migration.isElsewhere = !this.host.isClient;
    }
  }

  private tell({ id, parts, code }: NumberedPath, state: PathStateEvent['state']): void {
    const { host } = this;
    const { local, remote } = (parts ?? host).paths.active;
    const event = { type: 'path-state', pathId: id, state, code, local, remote } as const;
    host.tracer.onPathState?.(host.id, event, host.nowUs());
    host.emit(event);
  }
}

export function createPathCounts(): PathCounts {
  return { packetsSent: 0, packetsLost: 0, packetsSpuriouslyLost: 0, probeTimeouts: 0 };
}

/** Add the counts of a path. */
export function addCounts(counts: PathCounts, { recovery }: Pick<PathParts, 'recovery'>): PathCounts {
  counts.packetsSent += recovery.packetsSent;
  counts.packetsLost += recovery.packetsLost;
  counts.packetsSpuriouslyLost += recovery.packetsSpuriouslyLost;
  counts.probeTimeouts += recovery.pto.total;
  return counts;
}

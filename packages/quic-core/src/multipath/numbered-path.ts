import type { LocalIds } from '../ids/local-ids.ts';
import type { PeerIds } from '../ids/peer-ids.ts';
import type { Migration } from '../path/migration.ts';
import type { Paths } from '../path/paths.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { Address } from '../path/address.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import type { SchedulablePath } from '../path/path-scheduler.ts';

/**
 * The parts that a path in use has to itself. Those of path 0 are parts of the connection.
 * draft-ietf-quic-multipath §1
 */
export interface PathParts {
  /** Its addresses: the pair in use, and others that are being validated. */
  readonly paths: Paths;
  readonly migration: Migration;
  readonly recovery: Recovery;
  readonly localIds: LocalIds;
  readonly peerIds: PeerIds;
}

/** How a path stands. draft-ietf-quic-multipath §3.1, §3.3, §3.4 */
export type PathState = 'unused' | 'open' | 'abandoned';

/** One path ID: its connection IDs, what both ends wish of it, and its parts once it is in use. */
export class NumberedPath implements SchedulablePath {
  readonly id: number;
  readonly localIds: LocalIds;
  readonly peerIds: PeerIds;
  /** Undefined until the path is opened. */
  parts: PathParts | undefined;
  state: PathState;
  /** Whether this end, or its program, wants the path used only where no other is. */
  isBackupHere = false;
  /** The same of the peer, by the newest of its frames. */
  isBackupThere = false;
  /** Number of the newest status that this end has told, -1 for none. */
  ownStatus = -1;
  /** Whether that was PATH_STATUS_BACKUP. */
  isBackupTold = false;
  /** Number of the newest status of the peer, -1 for none. */
  peerStatus = -1;
  statusWaits = false;
  /** Why the path is abandoned: the error code of PATH_ABANDON of the end that began. */
  code = 0;
  /** The error code of our PATH_ABANDON. draft-ietf-quic-multipath §4.2.1 */
  ownCode = 0;
  abandonWaits = false;
  /** The path is forgotten then; Infinity before the peer has abandoned it as well. */
  endUs: number = Infinity;
  /** When its loss timer is due. */
  lossUs: number = Infinity;
  /** Until then, further reports that the host cannot send are part of the last one. */
  refusedUntilUs: number = -Infinity;
  /** Whether an address of the path has been validated, and the program knows it; it may migrate to another one. */
  isProven: boolean;
  /** Whether the peer knows that this end has abandoned the path. */
  isAbandonKnown = false;
  /** Whether probe timeouts have expired since a packet was acknowledged, and the program knows it. */
  isSuspended = false;
  /** The path ID that its packets were acknowledged on last: at first its own. */
  ackPathId: number;
  /** The last round of `SendingOrder` in which the path was to carry data. */
  orderRound = 0;

  /** @param parts - those of path 0, which is open from the beginning. */
  constructor(id: number, localIds: LocalIds, peerIds: PeerIds, parts?: PathParts) {
    this.id = this.ackPathId = id;
    this.localIds = localIds;
    this.peerIds = peerIds;
    this.parts = parts;
    this.isProven = parts !== undefined;
    this.state = parts === undefined ? 'unused' : 'open';
  }

  /** The number space of its packets; undefined before the path is opened. */
  get space(): PacketSpace | undefined {
    return this.parts?.paths.active.space;
  }

  /** Whether data may be sent: the path has been validated, and the peer has issued an ID for it. */
  get isUsable(): boolean {
    if (this.state !== 'open') return false;
    const { destination, amplification } = this.parts!.paths.active;
    return destination !== undefined && (this.isProven || amplification.validated);
  }

  /** Whether the path may become usable: its address is being validated, and the peer has issued an ID for it. */
  get isPromising(): boolean {
    if (this.parts === undefined || this.state === 'abandoned') return false;
    const { destination, validation } = this.parts.paths.active;
    return !validation.failed && (destination !== undefined || this.peerIds.hasSpare);
  }

  /** Whether packets were sent in vain lately, or to an address that is not validated: other paths come first. */
  get isSilent(): boolean {
    const { recovery, paths } = this.parts!;
    return recovery.pto.count > 0 || !paths.active.amplification.validated;
  }

  /** When the last packet of the peer came on the path. */
  get heardUs(): number {
    return this.parts!.recovery.pto.heardUs;
  }

  get isBackup(): boolean {
    return this.isBackupHere || this.isBackupThere;
  }

  get local(): Address {
    return this.parts!.paths.active.local;
  }

  get remote(): Address {
    return this.parts!.paths.active.remote;
  }

  get smoothedRttUs(): number {
    return this.parts!.paths.active.rtt.smoothedUs;
  }

  get minRttUs(): number {
    const { rtt } = this.parts!.paths.active;
    return rtt.hasSample ? rtt.minUs : 0;
  }

  get congestionWindowBytes(): number {
    return this.parts!.paths.active.controller.windowBytes;
  }

  get bytesInFlight(): number {
    return this.parts!.paths.active.inFlightBytes;
  }

  get mtuBytes(): number {
    return this.parts!.paths.active.mtu.mtuBytes;
  }

  /** Tell the peer whether the path is a backup. draft-ietf-quic-multipath §3.3 */
  setStatus(isBackup: boolean): void {
    this.isBackupHere = isBackup;
    this.announceStatus();
  }

  /**
   * Probe timeouts have expired, or a packet was acknowledged after them. Meanwhile the peer is asked to avoid the path as well.
   * draft-ietf-quic-multipath §3.3
   */
  suspend(isSuspended: boolean): void {
    this.isSuspended = isSuspended;
    this.announceStatus();
  }

  private announceStatus(): void {
    const isBackup = this.isBackupHere || this.isSuspended;
    if (this.ownStatus >= 0 && isBackup === this.isBackupTold) return;
    this.isBackupTold = isBackup;
    this.ownStatus++;
    this.statusWaits = true;
  }

  /** The peer has told a status; older and repeated ones are ignored. draft-ietf-quic-multipath §4.3 */
  onStatus(number: number, isBackup: boolean): void {
    if (number <= this.peerStatus) return;
    this.peerStatus = number;
    this.isBackupThere = isBackup;
  }

  /**
   * Nothing is sent on the path from now on: the peer's IDs count as retired, and what was in flight goes out
   * on other paths. draft-ietf-quic-multipath §3.4
   */
  abandon(code: number, ownCode: number, nowUs: number): void {
    this.state = 'abandoned';
    this.code = code;
    this.ownCode = ownCode;
    this.abandonWaits = true;
    this.statusWaits = false;
    this.localIds.end();
    this.peerIds.end();
    if (this.parts === undefined) return;
    const { paths, recovery } = this.parts;
    for (const path of paths.known) {
      path.destination = undefined;
      path.validation.stop();
    }
    recovery.loseAll(this.space!, nowUs);
  }
}

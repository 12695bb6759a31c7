import { Fact } from '../facts/fact-kind.ts';
import { encodePathNumbers } from '../frame/multipath.ts';
import { FrameType } from '../frame/rules.ts';
import type { LocalIds } from '../ids/local-ids.ts';
import type { PeerIds } from '../ids/peer-ids.ts';
import type { PacketWriter } from '../packet/writer.ts';
import type { PathFacts } from '../recovery/facts.ts';
import type { ReceivedNumbers } from '../spaces/received.ts';
import type { NumberedPath } from './numbered-path.ts';
import type { PathTable } from './path-table.ts';

/** The frames about paths that this end sends, and sends again when they are lost. draft-ietf-quic-multipath §4 */
export class PathAnnouncements implements PathFacts {
  private readonly table: PathTable;
  private maxPathIdWaits = false;
  /** The peer's limit that kept a path from being opened, while that is to be told; -1 for none. */
  private blockedMax = -1;
  /** The path that has no connection ID of the peer, while that is to be told. */
  private blockedPath: NumberedPath | undefined = undefined;
  private toldMax = -1;
  private toldSequence = '';

  constructor(table: PathTable) {
    this.table = table;
  }

  /** Our limit is another: the peer is told. */
  onLimitRaised(): void {
    this.maxPathIdWaits = true;
  }

  /**
   * A path cannot be opened: `path` is one whose IDs the peer has not issued, undefined where its limit is
   * reached. draft-ietf-quic-multipath §4.7
   */
  onBlocked(path: NumberedPath | undefined): void {
    const { peerMax } = this.table;
    if (path === undefined) {
      if (this.toldMax !== peerMax) this.blockedMax = this.toldMax = peerMax;
      return;
    }
    const sequence = `${path.id} ${path.peerIds.nextSequence}`;
    if (this.toldSequence !== sequence) this.blockedPath = path;
    this.toldSequence = sequence;
  }

  get hasFrames(): boolean {
    if (this.maxPathIdWaits || this.blockedMax >= 0 || this.blockedPath !== undefined) return true;
    const { all } = this.table;
    for (let i = 0; i < all.length; i++) {
      const path = all[i]!;
      if (path.abandonWaits || path.statusWaits) return true;
      if (path.id > 0 && (path.localIds.hasFrames || path.peerIds.hasFrames)) return true;
    }
    return false;
  }

  /** Write the frames. */
  write(packet: PacketWriter): void {
    for (const path of this.table.all) {
      if (path.abandonWaits && this.writeNumbers(packet, FrameType.PathAbandon, path.id, path.ownCode)) {
        path.abandonWaits = false;
        packet.addFact(Fact.PathAbandon, 0, path.id);
      }
      if (path.statusWaits) this.writeStatus(packet, path);
      if (path.id > 0) path.localIds.write(packet);
      if (path.id > 0) path.peerIds.write(packet);
    }
    const { localMax } = this.table;
    if (this.maxPathIdWaits && this.writeNumbers(packet, FrameType.MaxPathId, localMax)) {
      this.maxPathIdWaits = false;
      packet.addFact(Fact.MaxPathId, localMax);
    }
    this.writeBlocked(packet);
  }

  private writeStatus(packet: PacketWriter, path: NumberedPath): void {
    const type = path.isBackupTold ? FrameType.PathStatusBackup : FrameType.PathStatusAvailable;
    if (!this.writeNumbers(packet, type, path.id, path.ownStatus)) return;
    path.statusWaits = false;
    packet.addFact(Fact.PathStatus, path.ownStatus, path.id);
  }

  private writeBlocked(packet: PacketWriter): void {
    const { blockedMax, blockedPath } = this;
    if (blockedMax >= 0 && this.writeNumbers(packet, FrameType.PathsBlocked, blockedMax)) {
      this.blockedMax = -1;
      packet.markEliciting();
    }
    if (blockedPath === undefined) return;
    const { id, peerIds } = blockedPath;
    if (!this.writeNumbers(packet, FrameType.PathCidsBlocked, id, peerIds.nextSequence)) return;
    this.blockedPath = undefined;
    packet.markEliciting();
  }

  private writeNumbers(packet: PacketWriter, type: number, pathId: number, value = 0): boolean {
    return encodePathNumbers(packet.frames, type, { pathId, value });
  }

  /** Write acknowledgements that cannot leave on their own path. draft-ietf-quic-multipath §3.4.3 */
  writeAcks(packet: PacketWriter, nowUs: number): void {
    for (const path of this.table.all) if (isMute(path)) writeAckOf(packet, path, nowUs);
  }

  /** When an acknowledgement must leave that cannot leave on its own path, or Infinity. */
  get ackDueUs(): number {
    let dueUs = Infinity;
    for (const path of this.table.all)
      if (isMute(path)) dueUs = Math.min(dueUs, path.space!.receiving.policy.dueUs);
    return dueUs;
  }

  localIdsOf(pathId: number): LocalIds | undefined {
    return this.table.find(pathId)?.localIds;
  }

  peerIdsOf(pathId: number): PeerIds | undefined {
    const path = this.table.find(pathId);
    return path?.state === 'abandoned' ? undefined : path?.peerIds;
  }

  receivedOf(pathId: number): ReceivedNumbers | undefined {
    return this.table.find(pathId)?.space?.receiving.received;
  }

  onAbandonAcked(pathId: number): void {
    const path = this.table.find(pathId);
    if (path !== undefined) path.isAbandonKnown = true;
  }

  onLost(kind: number, a: number, b: number): void {
    const path = this.table.find(b);
    if (kind === Fact.MaxPathId && a === this.table.localMax) this.maxPathIdWaits = true;
    if (path === undefined) return;
    if (kind === Fact.PathAbandon && !path.isAbandonKnown) path.abandonWaits = true;
    // Only the newest status matters. draft-ietf-quic-multipath §4.3
    if (kind === Fact.PathStatus && a === path.ownStatus && path.state !== 'abandoned')
      path.statusWaits = true;
  }
}

/** Whether packets came on a path on which nothing can be sent. */
function isMute({ parts, state }: NumberedPath): boolean {
  if (parts === undefined) return false;
  return state === 'abandoned' || parts.paths.active.destination === undefined;
}

/** Acknowledge the packets of a path on another one. draft-ietf-quic-multipath §3.4.3 */
function writeAckOf(packet: PacketWriter, path: NumberedPath, nowUs: number): void {
  const { receiving } = path.space!;
  if (!receiving.policy.hasNews) return;
  const largest = receiving.writeAck(packet.frames, nowUs, path.id);
  if (largest >= 0) packet.addQuietFact(Fact.AckUpTo, largest, path.id);
}

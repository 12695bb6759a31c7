import { bytesFromLatin1, equalBytes } from '@tsquic/bytes';
import { violation } from '../errors/transport-error.ts';
import { encodeNewConnectionId } from '../frame/connection-id.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../facts/fact-kind.ts';
import { connectionIdKey } from './connection-id.ts';
import type { ConnectionIdRegistry, IssuedId } from './registry.ts';

/** Most IDs that a peer is issued, even if its limit is higher. */
const MAX_ACTIVE = 4;

/** A connection ID that this end issued. */
class LocalId {
  readonly sequence: number;
  needsSending: boolean;
  /**
   * What the peer is being told: the key that makes tokens may change meanwhile. Undefined before that, and once the
   * peer knows it.
   */
  resetToken: Uint8Array | undefined = undefined;
  isKnown: boolean;
  private readonly key: string;

  constructor(sequence: number, connectionId: Uint8Array, needsSending: boolean) {
    this.sequence = sequence;
    this.key = connectionIdKey(connectionId);
    this.needsSending = needsSending;
    this.isKnown = !needsSending;
  }

  /** Whether the ID stands in `bytes`, which end at `end`, from `at` on. */
  standsAt(bytes: Uint8Array, at: number, end: number): boolean {
    const { key } = this;
    if (at + key.length > end) return false;
    for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) !== bytes[at + i]) return false;
    return true;
  }

  get connectionId(): Uint8Array {
    return bytesFromLatin1(this.key);
  }
}

/** The connection IDs that this end issued, to which the peer sends its packets. RFC 9000 §5.1.1 */
export class LocalIds {
  /** IDs in use, oldest first. */
  active: LocalId[] = [];
  private readonly registry: ConnectionIdRegistry;
  private readonly pathId: number;
  /** Whether frames name the path. draft-ietf-quic-multipath §3.2 */
  isNumbered: boolean;
  private nextSequence = 0;
  /** How many IDs the peer is to have; 0 until its limit is known. */
  private limit = 0;
  /** The peer is asked to retire IDs with sequence numbers below this. */
  private retirePriorTo = 0;
  private renewalWaits = false;
  /** Number of IDs that wait to be sent. */
  private unsent = 0;
  /** Highest sequence number that was sent. */
  private highestSent: number;
  /** Whether no more IDs are issued, because the path is abandoned. */
  private isOver = false;

  /** @param pathId - the path that packets to these IDs take; those of path 0 begin with that of the handshake. */
  constructor(registry: ConnectionIdRegistry, pathId = 0) {
    this.registry = registry;
    this.pathId = pathId;
    this.isNumbered = pathId > 0;
    this.highestSent = pathId > 0 ? -1 : 0;
    if (pathId === 0) this.add(registry.issueFirst(), false);
  }

  /** The Source Connection ID of long headers. */
  get first(): LocalId {
    return this.active[0]!;
  }

  /** The stateless reset token of `first`. */
  get firstResetToken(): Uint8Array {
    return this.registry.resetToken(this.first.connectionId);
  }

  /**
   * Issue the ID of the preferred address, number 1, which goes into the transport parameter. RFC 9000 §5.1.1
   */
  issuePreferred(): IssuedId {
    if (this.active.length === 1) this.add(this.registry.issueFirst(), false);
    this.highestSent = 1;
    const id = this.active[1]!;
    return { connectionId: id.connectionId, resetToken: this.tokenOf(id) };
  }

  /** The peer's active_connection_id_limit is known, and 1-RTT keys are installed: issue further IDs. */
  supply(peerLimit: number): void {
    this.limit = Math.min(peerLimit, MAX_ACTIVE);
    this.fill();
    if (this.renewalWaits) this.renew();
  }

  /**
   * Ask the peer to retire all its IDs, and issue others. This waits until the peer has retired those of the
   * last call, and until IDs may be issued. When the generator has no more IDs, nothing changes. RFC 9000
   * §5.1.2
   */
  renew(): void {
    if (this.isOver) return;
    this.renewalWaits = this.limit === 0 || this.active.some((id) => id.sequence < this.retirePriorTo);
    if (this.renewalWaits) return;
    const from = this.nextSequence;
    if (!this.addFurther()) return;
    this.retirePriorTo = from;
    this.fill();
  }

  /** The next sequence number that the peer can expect. draft-ietf-quic-multipath §4.7 */
  get nextExpected(): number {
    return this.nextSequence;
  }

  /** Whether the peer was told an ID, perhaps in vain. */
  get hasSent(): boolean {
    return this.highestSent >= 0;
  }

  /** Whether one of the IDs stands in `bytes`, which end at `end`, from `at` on. */
  has(bytes: Uint8Array, at: number, end: number): boolean {
    for (let i = 0; i < this.active.length; i++) {
      if (this.active[i]!.standsAt(bytes, at, end)) return true;
    }
    return false;
  }

  /** The path is abandoned: packets to its IDs may still come, and no further ones are issued. */
  end(): void {
    this.isOver = true;
    this.unsent = 0;
    for (const id of this.active) id.needsSending = false;
  }

  /** RETIRE_CONNECTION_ID came, in a packet that was sent to `usedId`. RFC 9000 §5.1.2, §19.16 */
  onRetired(sequence: number, usedId: Uint8Array): void {
    const type = this.isNumbered ? FrameType.PathRetireConnectionId : FrameType.RetireConnectionId;
    if (sequence > this.highestSent) violation(type, 'an ID never issued');
    const index = this.active.findIndex((id) => id.sequence === sequence);
    if (index < 0) return;
    const id = this.active[index]!;
    if (equalBytes(id.connectionId, usedId)) violation(type, 'the ID in use');
    this.active.splice(index, 1);
    if (id.needsSending) this.unsent--;
    this.registry.retire(id.connectionId);
    this.fill();
    if (this.renewalWaits) this.renew();
  }

  get hasFrames(): boolean {
    return this.unsent > 0;
  }

  write(packet: PacketWriter): void {
    if (this.unsent === 0) return;
    for (const id of this.active) {
      if (!id.needsSending) continue;
      const { sequence, connectionId } = id;
      const resetToken = this.tokenOf(id);
      const retirePriorTo = sequence < this.retirePriorTo ? 0 : this.retirePriorTo;
      const { pathId, isNumbered } = this;
      const type = isNumbered ? FrameType.PathNewConnectionId : FrameType.NewConnectionId;
      const frame = { pathId, sequence, retirePriorTo, connectionId, resetToken };
      if (!encodeNewConnectionId(packet.frames, type, frame)) return;
      id.needsSending = false;
      this.unsent--;
      if (sequence > this.highestSent) this.highestSent = sequence;
      packet.addFact(Fact.NewConnectionId, sequence, pathId);
    }
  }

  /** The peer has received an ID and its token. */
  onAcked(sequence: number): void {
    const id = this.active.find((one) => one.sequence === sequence);
    if (id === undefined) return;
    if (id.needsSending) this.unsent--;
    id.needsSending = false;
    id.isKnown = true;
    id.resetToken = undefined;
  }

  onLost(sequence: number): void {
    const id = this.active.find((one) => one.sequence === sequence);
    if (id === undefined || id.needsSending || id.isKnown || this.isOver) return;
    id.needsSending = true;
    this.unsent++;
  }

  /** The connection is forgotten. */
  release(): void {
    for (const id of this.active) this.registry.retire(id.connectionId);
    this.active.length = 0;
  }

  /**
   * Issue IDs up to the limit. IDs that the peer is asked to retire do not count, because it retires them
   * when it gets the others.
   */
  private fill(): void {
    if (this.isOver) return;
    const fresh = this.active.reduce(
      (sum, { sequence }) => sum + (sequence >= this.retirePriorTo ? 1 : 0),
      0,
    );
    for (let count = fresh; count < Math.max(this.limit, 1) && this.addFurther(); count++);
  }

  /** Issue a further ID; false when the generator has no more, and the peer keeps those that it has. */
  private addFurther(): boolean {
    const connectionId = this.registry.issueFurther();
    if (connectionId !== undefined) this.add(connectionId, true);
    return connectionId !== undefined;
  }

  private add(connectionId: Uint8Array, needsSending: boolean): void {
    if (needsSending) this.unsent++;
    // A new array takes just the memory it needs, which `push` would exceed.
    this.active = this.active.concat(new LocalId(this.nextSequence++, connectionId, needsSending));
  }

  /** The same whenever it is told. RFC 9000 §19.15 */
  private tokenOf(id: LocalId): Uint8Array {
    id.resetToken ??= this.registry.resetToken(id.connectionId);
    return id.resetToken;
  }
}

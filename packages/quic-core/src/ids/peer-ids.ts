import { equalBytes } from '@tsquic/bytes';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { encodeRetireConnectionId, type NewConnectionIdFrame } from '../frame/connection-id.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../recovery/fact-kind.ts';
import { IntervalSet } from '../spaces/interval-set.ts';
import type { ConnectionIdRegistry, IssuedId } from './registry.ts';

/** active_connection_id_limit that we announce. */
export const ACTIVE_ID_LIMIT = 4;
/** Retirements that may wait to be sent; a peer that causes more is stuffing us. */
const MAX_RETIRING = 16;
/** Runs of retired sequence numbers: without gaps, which nobody needs, there is one. */
const MAX_RETIRED_RUNS = 32;

/** A connection ID that the peer issued. */
export interface PeerId {
  readonly sequence: number;
  readonly connectionId: Uint8Array;
  readonly resetToken: Uint8Array | undefined;
}

/** The connection IDs that the peer issued: what our packets carry as destination. RFC 9000 §5.1.1, §5.1.2 */
export class PeerIds {
  /** The ID to send to. */
  current: PeerId;
  /** Others that may be used. */
  private spare: PeerId[] = [];
  /** Taken for paths that are not in use: nothing else may be sent with them. RFC 9000 §9.5 */
  private readonly taken: PeerId[] = [];
  /** Retired, to be told. */
  private readonly retiring: number[] = [];
  /** Sequence numbers of the past: a late repetition must not bring them back. */
  private readonly retired = new IntervalSet();
  private retirePriorTo = 0;
  private readonly registry: ConnectionIdRegistry;

  /** @param connectionId - what to send to at first: of a server, what the client chose for it. */
  constructor(connectionId: Uint8Array, registry: ConnectionIdRegistry) {
    this.registry = registry;
    this.current = { sequence: 0, connectionId, resetToken: undefined };
  }

  /** The peer's own choice, from its first packet or from a Retry. RFC 9000 §7.2 */
  replaceInitial(connectionId: Uint8Array): void {
    this.current = { sequence: 0, connectionId, resetToken: this.current.resetToken };
  }

  /** The ID that comes with a preferred address counts as if a frame had brought it. RFC 9000 §5.1.1 */
  onPreferredAddress(id: IssuedId): void {
    this.onNew({ sequence: 1, retirePriorTo: 0, ...id });
  }

  /** The server's stateless_reset_token, which belongs to its first ID. RFC 9000 §18.2 */
  setInitialToken(resetToken: Uint8Array): void {
    const { sequence, connectionId } = this.current;
    this.current = { sequence, connectionId, resetToken };
    this.registry.watchToken(resetToken);
  }

  onNew(frame: NewConnectionIdFrame): void {
    const { sequence, connectionId, resetToken } = frame;
    if (this.current.connectionId.length === 0) violation('the peer chose to have no connection ID');
    const known = [this.current, ...this.spare, ...this.taken];
    for (const id of known) {
      const sameId = equalBytes(id.connectionId, connectionId);
      if (sameId !== (id.sequence === sequence)) violation('an ID or a sequence number was used twice');
      if (sameId && id.resetToken !== undefined && !equalBytes(id.resetToken, resetToken))
        violation('the reset token changed');
    }
    if (!this.retired.contains(sequence)) {
      if (sequence < this.retirePriorTo) return this.retire(sequence);
      const isNew = !known.some((id) => id.sequence === sequence);
      // An array that is pushed to makes room for many more.
      if (isNew) this.spare = [...this.spare, { sequence, connectionId, resetToken }];
    }
    if (frame.retirePriorTo > this.retirePriorTo) this.retireBelow(frame.retirePriorTo);
    if (this.spare.length + this.taken.length + 1 > ACTIVE_ID_LIMIT)
      throw new TransportError(
        TransportCode.ConnectionIdLimit,
        FrameType.NewConnectionId,
        'more IDs than we allow',
      );
  }

  /** An ID that was never used, for another path; undefined when the peer has given us none. RFC 9000 §9.5 */
  take(): PeerId | undefined {
    const id = this.spare.shift();
    if (id === undefined) return undefined;
    this.taken.push(id);
    if (id.resetToken !== undefined) this.registry.watchToken(id.resetToken);
    return id;
  }

  /** Whether an ID that was taken may still be used: the peer can have it retired. */
  isTaken(id: PeerId): boolean {
    return this.taken.includes(id);
  }

  /** The path that `id` was taken for is in use now. Returns the ID so far, which counts as taken for the old path. */
  exchange(id: PeerId): PeerId {
    const old = this.current;
    this.taken[this.taken.indexOf(id)] = old;
    this.current = id;
    return old;
  }

  /** The path that an ID was taken for is given up. RFC 9000 §5.1.2 */
  giveUp(id: PeerId): void {
    this.taken.splice(this.taken.indexOf(id), 1);
    this.retire(id.sequence, id.resetToken);
  }

  get hasFrames(): boolean {
    return this.retiring.length > 0;
  }

  write(packet: PacketWriter): void {
    while (this.retiring.length > 0) {
      const sequence = this.retiring[0]!;
      if (!encodeRetireConnectionId(packet.frames, sequence)) return;
      this.retiring.shift();
      packet.addFact(Fact.RetireConnectionId, sequence);
    }
  }

  onLost(sequence: number): void {
    if (!this.retiring.includes(sequence)) this.retiring.push(sequence);
  }

  /** The connection is gone. */
  release(): void {
    for (const id of [this.current, ...this.spare, ...this.taken])
      if (id.resetToken !== undefined) this.registry.forgetToken(id.resetToken);
  }

  private retireBelow(limit: number): void {
    this.retirePriorTo = limit;
    this.retireFrom(this.spare, limit);
    this.retireFrom(this.taken, limit);
    if (this.current.sequence >= limit) return;
    const old = this.current;
    const next = this.spare.shift();
    // The frame that raised the limit brought an ID at or above it: only one already retired leaves us without.
    if (next === undefined) violation('everything is to be retired');
    else this.use(next);
    this.retire(old.sequence, old.resetToken);
  }

  private retireFrom(ids: PeerId[], limit: number): void {
    for (let i = ids.length - 1; i >= 0; i--) {
      const id = ids[i]!;
      if (id.sequence >= limit) continue;
      ids.splice(i, 1);
      this.retire(id.sequence, id.resetToken);
    }
  }

  private use(id: PeerId): void {
    this.current = id;
    if (id.resetToken !== undefined) this.registry.watchToken(id.resetToken);
  }

  private retire(sequence: number, resetToken?: Uint8Array): void {
    if (resetToken !== undefined) this.registry.forgetToken(resetToken);
    this.retired.add(sequence, sequence + 1);
    this.retiring.push(sequence);
    if (this.retiring.length > MAX_RETIRING || this.retired.count > MAX_RETIRED_RUNS)
      throw new TransportError(
        TransportCode.ConnectionIdLimit,
        FrameType.NewConnectionId,
        'too many IDs to retire',
      );
  }
}

function violation(reason: string): never {
  throw new TransportError(TransportCode.ProtocolViolation, FrameType.NewConnectionId, reason);
}

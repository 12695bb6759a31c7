import { bytesFromLatin1, concatBytes, equalBytes, latin1FromBytes } from '@tsquic/bytes';
import { TransportCode, TransportError, violation } from '../errors/transport-error.ts';
import { encodeRetireConnectionId, type NewConnectionIdFrame } from '../frame/connection-id.ts';
import { encodePathNumbers } from '../frame/multipath.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../facts/fact-kind.ts';
import { RESET_TOKEN_LENGTH } from '../packet/stateless-reset.ts';
import { IntervalSet } from '../ranges/interval-set.ts';
import type { ConnectionIdRegistry, IssuedId } from './registry.ts';

/** The active_connection_id_limit of this end. */
export const ACTIVE_ID_LIMIT = 4;
/** RETIRE_CONNECTION_ID frames that may wait to be sent; a peer that causes more floods this end. */
const MAX_RETIRING = 16;
/** Bound on the runs of retired sequence numbers; when all numbers are used in order, there is one run. */
const MAX_RETIRED_RUNS = 32;

/** A connection ID that the peer issued. */
export interface PeerId {
  readonly sequence: number;
  connectionId: Uint8Array;
  resetToken: Uint8Array | undefined;
  /** Whether the ID is retired, so that no packet may be sent to it. */
  retired: boolean;
}

/**
 * An ID that no path uses yet, and its stateless reset token after it, with one character for each byte: connections keep up to
 * three of them, and arrays of bytes take several times the memory.
 */
interface SpareId {
  readonly sequence: number;
  readonly idAndToken: string;
}

/** The connection IDs that the peer issued, to which packets are sent. RFC 9000 §5.1.1, §5.1.2 */
export class PeerIds {
  /** The ID of the handshake; undefined where packets take a later path. */
  readonly first: PeerId | undefined;
  /** IDs that no path has used yet. */
  private spare: SpareId[] = [];
  /** IDs that paths use: each may be used only with its own paths. RFC 9000 §9.5 */
  private readonly taken: PeerId[];
  /** Sequence numbers whose RETIRE_CONNECTION_ID waits to be sent. */
  private readonly retiring: number[] = [];
  /** Retired sequence numbers: a NEW_CONNECTION_ID that comes late again must not restore them. */
  private readonly retired = new IntervalSet();
  private retirePriorTo = 0;
  private readonly registry: ConnectionIdRegistry;
  private readonly pathId: number;
  /** Whether frames name the path. draft-ietf-quic-multipath §3.2 */
  isNumbered: boolean;

  /**
   * @param connectionId - the first ID to send to; a client chooses it for its server. Undefined for a later
   * path, whose IDs all come in frames.
   * @param pathId - the path that packets to these IDs take.
   */
  constructor(connectionId: Uint8Array | undefined, registry: ConnectionIdRegistry, pathId = 0) {
    this.registry = registry;
    this.pathId = pathId;
    this.isNumbered = pathId > 0;
    this.first =
      connectionId === undefined
        ? undefined
        : { sequence: 0, connectionId, resetToken: undefined, retired: false };
    this.taken = this.first === undefined ? [] : [this.first];
  }

  /**
   * The peer's Source Connection ID, from its first packet or from a Retry, replaces the first ID. RFC 9000
   * §7.2
   */
  replaceInitial(connectionId: Uint8Array): void {
    this.first!.connectionId = connectionId;
  }

  /** The connection ID of preferred_address counts like one from NEW_CONNECTION_ID. RFC 9000 §5.1.1 */
  onPreferredAddress(id: IssuedId): void {
    this.onNew({ pathId: 0, sequence: 1, retirePriorTo: 0, ...id });
  }

  /** The server's stateless_reset_token belongs to its first ID. RFC 9000 §18.2 */
  setInitialToken(resetToken: Uint8Array): void {
    this.first!.resetToken = resetToken;
    this.registry.watchToken(resetToken);
  }

  onNew(frame: NewConnectionIdFrame): void {
    const { sequence, connectionId, resetToken } = frame;
    if (this.areEmpty) violation(FrameType.NewConnectionId, 'the peer chose to have no connection ID');
    const known = [...this.taken, ...this.spare.map(unpack)];
    for (const id of known) {
      const sameId = equalBytes(id.connectionId, connectionId);
      if (sameId !== (id.sequence === sequence))
        violation(FrameType.NewConnectionId, 'an ID or a sequence number was used twice');
      if (sameId && id.resetToken !== undefined && !equalBytes(id.resetToken, resetToken))
        violation(FrameType.NewConnectionId, 'the reset token changed');
    }
    if (!this.retired.contains(sequence)) {
      if (sequence < this.retirePriorTo) return this.noteRetired(sequence);
      const isNew = !known.some((id) => id.sequence === sequence);
      // A new array takes just the memory it needs, which `push` would exceed.
      if (isNew) this.spare = this.spare.concat(pack(frame));
    }
    if (frame.retirePriorTo > this.retirePriorTo) this.retireBelow(frame.retirePriorTo);
    if (this.spare.length + this.taken.length > ACTIVE_ID_LIMIT)
      throw new TransportError(
        TransportCode.ConnectionIdLimit,
        FrameType.NewConnectionId,
        'more IDs than we allow',
      );
  }

  /** Whether the peer uses zero-length connection IDs. */
  get areEmpty(): boolean {
    return this.first !== undefined && this.first.connectionId.length === 0;
  }

  /** Whether there is an ID that no path has used yet. */
  get hasSpare(): boolean {
    return this.spare.length > 0;
  }

  /** The sequence number after the largest that the peer has issued. draft-ietf-quic-multipath §4.7 */
  get nextSequence(): number {
    const { retired, taken, spare } = this;
    let next = retired.count === 0 ? 0 : retired.endAt(retired.count - 1);
    for (const { sequence } of [...taken, ...spare]) next = Math.max(next, sequence + 1);
    return next;
  }

  /** Whether an ID is one that the peer has issued. */
  has(connectionId: Uint8Array): boolean {
    for (const id of this.taken) if (equalBytes(id.connectionId, connectionId)) return true;
    const { length } = connectionId;
    for (const { idAndToken } of this.spare)
      if (idAndToken.length === length + RESET_TOKEN_LENGTH && startsWith(idAndToken, connectionId))
        return true;
    return false;
  }

  /** The path is abandoned: its IDs count as retired, and no frame says so. draft-ietf-quic-multipath §3.4 */
  end(): void {
    this.release();
    for (const id of this.taken) id.retired = true;
    this.taken.length = this.spare.length = this.retiring.length = 0;
  }

  /** Take an unused ID for a path; undefined when the peer has issued none. RFC 9000 §9.5 */
  take(): PeerId | undefined {
    const spare = this.spare.shift();
    if (spare === undefined) return undefined;
    const id = unpack(spare);
    this.taken.push(id);
    this.registry.watchToken(id.resetToken!);
    return id;
  }

  /**
   * Take an unused ID for the path in use, whose ID is retired. Throws PROTOCOL_VIOLATION when there is none.
   */
  takeAfterRetirement(): PeerId {
    const id = this.take();
    // The frame with Retire Prior To brought an ID at or above it, so there is none only if that ID was
    // retired before.
    if (id === undefined) violation(FrameType.NewConnectionId, 'everything is to be retired');
    return id;
  }

  /** Number of IDs that paths use. */
  get takenCount(): number {
    return this.taken.length;
  }

  /** Retire each ID that none of `paths` uses any more. RFC 9000 §5.1.2 */
  retireUnused(paths: readonly { readonly destination: PeerId | undefined }[]): void {
    for (let i = this.taken.length - 1; i >= 0; i--) {
      const id = this.taken[i]!;
      if (paths.some(({ destination }) => destination === id)) continue;
      this.taken.splice(i, 1);
      this.retire(id);
    }
  }

  get hasFrames(): boolean {
    return this.retiring.length > 0;
  }

  write(packet: PacketWriter): void {
    while (this.retiring.length > 0) {
      const sequence = this.retiring[0]!;
      const { pathId, isNumbered } = this;
      const isWritten = isNumbered
        ? encodePathNumbers(packet.frames, FrameType.PathRetireConnectionId, { pathId, value: sequence })
        : encodeRetireConnectionId(packet.frames, sequence);
      if (!isWritten) return;
      this.retiring.shift();
      packet.addFact(Fact.RetireConnectionId, sequence, pathId);
    }
  }

  onLost(sequence: number): void {
    if (!this.retiring.includes(sequence)) this.retiring.push(sequence);
  }

  /** The connection is forgotten. */
  release(): void {
    for (const { resetToken } of this.taken)
      if (resetToken !== undefined) this.registry.forgetToken(resetToken);
  }

  private retireBelow(limit: number): void {
    this.retirePriorTo = limit;
    for (const { sequence } of takeBelow(this.spare, limit)) this.noteRetired(sequence);
    for (const id of takeBelow(this.taken, limit)) this.retire(id);
  }

  private retire(id: PeerId): void {
    id.retired = true;
    if (id.resetToken !== undefined) this.registry.forgetToken(id.resetToken);
    this.noteRetired(id.sequence);
  }

  private noteRetired(sequence: number): void {
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

function pack({ sequence, connectionId, resetToken }: NewConnectionIdFrame): SpareId {
  return { sequence, idAndToken: latin1FromBytes(concatBytes(connectionId, resetToken)) };
}

function unpack({ sequence, idAndToken }: SpareId): PeerId {
  const bytes = bytesFromLatin1(idAndToken);
  const idLength = bytes.length - RESET_TOKEN_LENGTH;
  return {
    sequence,
    connectionId: bytes.slice(0, idLength),
    resetToken: bytes.slice(idLength),
    retired: false,
  };
}

/** Whether the characters of a text are, from the first on, these bytes. */
function startsWith(text: string, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (text.charCodeAt(i) !== bytes[i]) return false;
  return true;
}

/** Take the IDs with numbers below `limit` out of a list; those that stand last come first. */
function takeBelow<T extends { readonly sequence: number }>(ids: T[], limit: number): T[] {
  const below: T[] = [];
  for (let i = ids.length - 1; i >= 0; i--) {
    if (ids[i]!.sequence >= limit) continue;
    below.push(ids[i]!);
    ids.splice(i, 1);
  }
  return below;
}

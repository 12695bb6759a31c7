import { equalBytes } from '@tsquic/bytes';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { encodeNewConnectionId } from '../frame/connection-id.ts';
import { FrameType } from '../frame/rules.ts';
import type { PacketWriter } from '../packet/writer.ts';
import { Fact } from '../recovery/fact-kind.ts';
import type { ConnectionIdRegistry } from './registry.ts';

/** IDs we keep the peer supplied with, whatever more it would take. */
const MAX_ACTIVE = 4;

interface LocalId {
  readonly sequence: number;
  readonly connectionId: Uint8Array;
  needsSending: boolean;
}

/** The connection IDs that we issued: what packets to us carry. RFC 9000 §5.1.1 */
export class LocalIds {
  /** IDs in use, oldest first. */
  readonly active: LocalId[] = [];
  private readonly registry: ConnectionIdRegistry;
  private nextSequence = 0;
  /** IDs that wait to be sent. */
  private unsent = 0;
  /** Highest sequence number that the peer may know. */
  private highestSent = 0;

  constructor(registry: ConnectionIdRegistry) {
    this.registry = registry;
    this.add(false);
  }

  /** The ID that our long headers carry as source. */
  get first(): LocalId {
    return this.active[0]!;
  }

  /** The token that resets connections by `first`. */
  get firstResetToken(): Uint8Array {
    return this.registry.resetToken(this.first.connectionId);
  }

  /** The peer's active_connection_id_limit is known, and 1-RTT keys are there: issue what it may have. */
  supply(peerLimit: number): void {
    while (this.active.length < Math.min(peerLimit, MAX_ACTIVE)) this.add(true);
  }

  /** RETIRE_CONNECTION_ID came, in a packet that was sent to `usedId`. RFC 9000 §19.16 */
  onRetired(sequence: number, usedId: Uint8Array): void {
    if (sequence > this.highestSent)
      throw new TransportError(
        TransportCode.ProtocolViolation,
        FrameType.RetireConnectionId,
        'an ID never issued',
      );
    const index = this.active.findIndex((id) => id.sequence === sequence);
    if (index < 0) return;
    const id = this.active[index]!;
    if (equalBytes(id.connectionId, usedId))
      throw new TransportError(
        TransportCode.ProtocolViolation,
        FrameType.RetireConnectionId,
        'the ID in use',
      );
    this.active.splice(index, 1);
    if (id.needsSending) this.unsent--;
    this.registry.retire(id.connectionId);
    this.add(true);
  }

  get hasFrames(): boolean {
    return this.unsent > 0;
  }

  write(packet: PacketWriter): void {
    if (this.unsent === 0) return;
    for (const id of this.active) {
      if (!id.needsSending) continue;
      const { sequence, connectionId } = id;
      const resetToken = this.registry.resetToken(connectionId);
      if (!encodeNewConnectionId(packet.frames, { sequence, retirePriorTo: 0, connectionId, resetToken }))
        return;
      id.needsSending = false;
      this.unsent--;
      if (sequence > this.highestSent) this.highestSent = sequence;
      packet.addFact(Fact.NewConnectionId, sequence);
    }
  }

  onLost(sequence: number): void {
    const id = this.active.find((one) => one.sequence === sequence);
    if (id === undefined || id.needsSending) return;
    id.needsSending = true;
    this.unsent++;
  }

  /** The connection is gone. */
  release(): void {
    for (const id of this.active) this.registry.retire(id.connectionId);
    this.active.length = 0;
  }

  private add(needsSending: boolean): void {
    if (needsSending) this.unsent++;
    const connectionId = this.registry.issue();
    this.active.push({ sequence: this.nextSequence++, connectionId, needsSending });
  }
}

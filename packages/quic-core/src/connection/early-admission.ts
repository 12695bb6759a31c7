import { QuicUsageError } from '../errors/usage-error.ts';
import { isServerInitiated } from '../streams/stream-id.ts';
import type { EarlyDataUse } from '../tokens/replay-store.ts';
import type { UnsignedEvent } from './parts.ts';

/**
 * Decides which events of a client's 0-RTT data the program of a server may have before the handshake is
 * complete. A replay can repeat all that the client sent before then, but cannot complete a handshake.
 * RFC 9001 §4.6, §9.2
 */
export class EarlyAdmission {
  readonly state: 'accepted' | 'rejected';
  /** The use of a ticket that the program must judge; undefined where the program is not asked. */
  readonly use: EarlyDataUse | undefined;
  /** Whether the program was asked about the use of the ticket, and has not answered. */
  private isAsking: boolean;
  private isHeld: boolean;
  private isComplete = false;
  private held: UnsignedEvent[] = [];

  /**
   * @param isHeld - no event of 0-RTT data is delivered before the handshake is complete.
   * @param use - the use of a ticket that the program must judge, if any.
   */
  constructor(state: 'accepted' | 'rejected', isHeld: boolean, use: EarlyDataUse | undefined) {
    this.state = state;
    this.use = use;
    this.isHeld = isHeld;
    this.isAsking = use !== undefined;
  }

  /** Whether the program must not have events of a stream yet. */
  hides(streamId: number): boolean {
    return !this.isComplete && (this.isHeld || this.isAsking) && !isServerInitiated(streamId);
  }

  /**
   * Keep an event back; returns false for an event that the program may have now. The number of streams, and
   * of the states of each, bounds how many events are kept.
   */
  keep(event: UnsignedEvent): boolean {
    if (!('streamId' in event) || !this.hides(event.streamId)) return false;
    this.held.push(event);
    return true;
  }

  /**
   * The program has answered. The first use of a ticket is no replay, so the kept events are returned; after
   * any other use they wait for the end of the handshake.
   */
  answer(isFirstUse: boolean): readonly UnsignedEvent[] {
    if (!this.isAsking)
      throw new QuicUsageError('no-early-data-use', 'no use of a ticket waits for a verdict');
    this.isAsking = false;
    if (!isFirstUse) this.isHeld = true;
    return this.release();
  }

  /** The handshake is complete, which no replay can do. Returns the events that were kept until then. */
  onComplete(): readonly UnsignedEvent[] {
    this.isComplete = true;
    return this.release();
  }

  /** The connection has ended: the events that were kept are dropped. */
  onConnectionEnd(): void {
    this.held = [];
  }

  private release(): readonly UnsignedEvent[] {
    if (!this.isComplete && this.isHeld) return [];
    const { held } = this;
    this.held = [];
    return held;
  }
}

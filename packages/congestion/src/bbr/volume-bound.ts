/** Which part of a probe for bandwidth the ACK frames that arrive now belong to. */
export const AckPhase = {
  /** No probe. */
  Idle: 0,
  /** The pipe is being refilled. */
  Refilling: 1,
  /** The probe has begun, but no ACK of it has arrived. */
  Starting: 2,
  /** ACKs of the probe arrive. */
  Feedback: 3,
  /** The probe is over, and its last ACKs arrive. */
  Stopping: 4,
} as const;
export type AckPhase = (typeof AckPhase)[keyof typeof AckPhase];

/**
 * The volume in flight at which a probe had too much loss. It grows again while probes have no loss: by one
 * packet in the first round, two in the second, four in the third. draft-ietf-ccwg-bbr, "ProbeBW_UP"
 */
export class VolumeBound {
  /**
   * Whole bytes, because the window, which must be able to reach it, has whole bytes; Infinity until a probe
   * had too much loss.
   */
  inFlightBytes: number = Infinity;
  phase: AckPhase = AckPhase.Idle;
  /** Whether the next ACK frames belong to a probe that has not met its limit. */
  isProbing = false;
  private growthRounds = 0;
  private ackedBytes = 0;
  private bytesPerPacket = Infinity;

  /** A round begins; returns whether the one before brought the last ACK frames of a probe. */
  onRound(): boolean {
    if (this.phase === AckPhase.Starting) this.phase = AckPhase.Feedback;
    if (this.phase !== AckPhase.Stopping) return false;
    this.isProbing = false;
    this.phase = AckPhase.Idle;
    return true;
  }

  /** A probe had too much loss with this volume in flight. */
  lower(inFlightBytes: number): void {
    this.isProbing = false;
    this.inFlightBytes = Math.floor(inFlightBytes);
  }

  /** The bound with room for other flows, or Infinity. */
  withHeadroom(minimumBytes: number, mtuBytes: number): number {
    if (this.inFlightBytes === Infinity) return Infinity;
    const headroomBytes = Math.max(mtuBytes, HEADROOM * this.inFlightBytes);
    return Math.max(Math.floor(this.inFlightBytes - headroomBytes), minimumBytes);
  }

  startRefill(): void {
    this.phase = AckPhase.Refilling;
    this.growthRounds = 0;
    this.ackedBytes = 0;
  }

  startUp(windowBytes: number): void {
    this.phase = AckPhase.Starting;
    this.isProbing = true;
    this.raiseSlope(windowBytes);
  }

  stop(): void {
    this.phase = AckPhase.Stopping;
    this.bytesPerPacket = Infinity;
  }

  /** Raise the bound in a probe that fills it and has no loss. */
  grow(ackedBytes: number, windowBytes: number, mtuBytes: number, isRoundStart: boolean): void {
    this.ackedBytes += ackedBytes;
    if (this.ackedBytes >= this.bytesPerPacket) {
      const packets = Math.floor(this.ackedBytes / this.bytesPerPacket);
      this.ackedBytes -= packets * this.bytesPerPacket;
      this.inFlightBytes += packets * mtuBytes;
    }
    if (isRoundStart) this.raiseSlope(windowBytes);
  }

  private raiseSlope(windowBytes: number): void {
    this.bytesPerPacket = Math.max(windowBytes / 2 ** this.growthRounds, 1);
    this.growthRounds = Math.min(this.growthRounds + 1, 30);
  }
}

const HEADROOM = 0.15;

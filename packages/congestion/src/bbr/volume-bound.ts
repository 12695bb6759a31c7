/** What the ACKs that arrive now say about the last probe for bandwidth. */
export const AckPhase = {
  /** Nothing. */
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
 * The volume in flight above which probing met too much loss. It grows again while probes find it safe: by one packet
 * in the first round, two in the second, four in the third. draft-ietf-ccwg-bbr, "ProbeBW_UP"
 */
export class VolumeBound {
  /** Whole bytes, as the window is, which must be able to reach it; Infinity until a probe met loss. */
  inFlightBytes: number = Infinity;
  phase: AckPhase = AckPhase.Idle;
  /** The ACKs to come belong to a probe that has not met its limit. */
  isProbing = false;
  private growthRounds = 0;
  private ackedBytes = 0;
  private bytesPerPacket = Infinity;

  /** Too much was lost with this volume in flight. */
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

  /** In a probe that uses the whole bound and loses nothing. */
  grow(ackedBytes: number, windowBytes: number, mtuBytes: number, isRoundStart: boolean): void {
    this.ackedBytes += ackedBytes;
    if (this.ackedBytes >= this.bytesPerPacket) {
      const packets = Math.floor(this.ackedBytes / this.bytesPerPacket);
      this.ackedBytes -= packets * this.bytesPerPacket;
      this.inFlightBytes += packets * mtuBytes;
    }
    if (isRoundStart) this.raiseSlope(windowBytes);
  }

  reset(): void {
    this.inFlightBytes = Infinity;
    this.phase = AckPhase.Idle;
    this.isProbing = false;
  }

  private raiseSlope(windowBytes: number): void {
    this.bytesPerPacket = Math.max(windowBytes / 2 ** this.growthRounds, 1);
    this.growthRounds = Math.min(this.growthRounds + 1, 30);
  }
}

const HEADROOM = 0.15;

/**
 * The packet numbers of one path that tell its key phases apart. The phases are those of the connection, and
 * each path numbers its packets by itself. RFC 9001 §6.3, §6.4, draft-ietf-quic-multipath §2.5
 */
export class PhaseNumbers {
  readonly pathId: number;
  /**
   * Lowest number received in the current phase, which separates late packets of the phase before from those
   * of the next.
   */
  phaseStart: number = Infinity;
  /** Highest number received in the previous phase: later packets must not use its keys. */
  previousHighest: number = -1;
  highest: number = -1;
  /** First number sent in the current phase, -1 for none. */
  firstSent: number = -1;

  constructor(pathId: number) {
    this.pathId = pathId;
  }

  /** The peer's next phase begins with packet `number` of this path. */
  begin(number: number): void {
    this.previousHighest = this.highest;
    this.phaseStart = this.highest = number;
  }

  /** The peer's next phase has begun on another path, and no packet of it has come on this one. */
  wait(): void {
    this.previousHighest = Math.max(this.previousHighest, this.highest);
    this.phaseStart = Infinity;
    this.highest = -1;
  }
}

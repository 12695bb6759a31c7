/**
 * Counts turns of hosts in a row in which no datagram moves. A timer that is due again at once, whenever it is served, lets virtual time
 * pass by a microsecond a turn: the run would not end, where it should fail.
 */
export class IdleTurns {
  private count = 0;
  private sinceUs = 0;

  /** A datagram left or arrived. */
  onDatagram(): void {
    this.count = 0;
  }

  /** A host had a turn. Returns whether there were too many in too short a time since the last datagram. */
  onTurn(nowUs: number): boolean {
    if (this.count === 0) this.sinceUs = nowUs;
    if (++this.count < MOST_TURNS) return false;
    const isRestless = nowUs - this.sinceUs < LEAST_US;
    this.count = 0;
    return isRestless;
  }
}

/** So many turns take at least so long where every timer has a purpose. */
const MOST_TURNS = 20_000;
const LEAST_US = 1_000_000;

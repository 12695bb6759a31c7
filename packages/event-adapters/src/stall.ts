/**
 * Notices by a late alarm that the program was blocked, and decides when all datagrams that arrived meanwhile
 * have been read: after a few turns of the event loop without any, or after half of the time that the program
 * was blocked, a second at most.
 */
export class Stall {
  private dueUs = Infinity;
  private untilUs = -Infinity;
  private quietTurns = 0;

  /** Whether waiting datagrams are still being read, before which no timer may act. */
  get isOn(): boolean {
    return this.untilUs > -Infinity;
  }

  /** The loop is to run at `dueUs` at the latest. */
  onAlarmSet(dueUs: number): void {
    this.dueUs = dueUs;
  }

  /** The loop runs. */
  look(nowUs: number): void {
    const lateUs = nowUs - this.dueUs;
    this.dueUs = Infinity;
    if (lateUs <= STALL_US || this.isOn) return;
    this.untilUs = nowUs + Math.min(lateUs / 2, MOST_READING_US);
    this.quietTurns = 0;
  }

  onDatagram(): void {
    this.quietTurns = 0;
  }

  /** A turn of the event loop is over: returns whether all datagrams have been read now. */
  endsWithTurn(nowUs: number): boolean {
    if (!this.isOn) return true;
    if (this.quietTurns++ < QUIET_TURNS && nowUs < this.untilUs) return false;
    this.untilUs = -Infinity;
    return true;
  }
}

/** Runtimes read 1 to 32 datagrams of a socket in a turn, and not in every turn. */
const QUIET_TURNS = 2;
/**
 * Longer than the turns of programs that compute much, and far shorter than any timeout that ends a
 * connection.
 */
const STALL_US = 50_000;
/** Longer than it takes to read a full socket; a peer that floods it must not silence the connections of others. */
const MOST_READING_US = 1_000_000;

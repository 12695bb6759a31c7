/**
 * Notices that a program stood still, by an alarm that came late, and says when everything that arrived meanwhile has
 * been read: after a few turns of the event loop that bring nothing, or after half as long as the program stood still.
 */
export class Stall {
  private dueUs = Infinity;
  private untilUs = -Infinity;
  private quietTurns = 0;

  /** What waits is still being read: nothing else may happen. */
  get isOn(): boolean {
    return this.untilUs > -Infinity;
  }

  /** The loop wants to run at `dueUs` at the latest. */
  onAlarmSet(dueUs: number): void {
    this.dueUs = dueUs;
  }

  /** The loop runs. */
  look(nowUs: number): void {
    const lateUs = nowUs - this.dueUs;
    this.dueUs = Infinity;
    if (lateUs <= STALL_US || this.isOn) return;
    this.untilUs = nowUs + lateUs / 2;
    this.quietTurns = 0;
  }

  onDatagram(): void {
    this.quietTurns = 0;
  }

  /** A turn of the event loop is over: whether all has been read now, as it has been where nothing stood still. */
  endsWithTurn(nowUs: number): boolean {
    if (!this.isOn) return true;
    if (this.quietTurns++ < QUIET_TURNS && nowUs < this.untilUs) return false;
    this.untilUs = -Infinity;
    return true;
  }
}

/** Runtimes read 32 datagrams of a socket in a turn, or one, and not all of them in every turn. */
const QUIET_TURNS = 2;
/** Longer than the turns of programs that compute a lot; far shorter than any timer whose end is the end. */
const STALL_US = 50_000;

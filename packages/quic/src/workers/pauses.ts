/**
 * Waits before workers are started again. They keep the program running as workers do: when all have failed, nothing else would.
 */
export class Pauses {
  private readonly timers = new Set<NodeJS.Timeout>();
  private isKept = true;
  private hasEnded = false;

  /** Run the task after so many milliseconds; never after `end`. */
  add(ms: number, task: () => void): void {
    if (this.hasEnded) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      task();
    }, ms);
    this.timers.add(timer);
    if (!this.isKept) timer.unref();
  }

  /** Whether waits keep the program running, those that have begun and later ones. */
  keepAlive(isKept: boolean): void {
    this.isKept = isKept;
    for (const timer of this.timers) {
      if (isKept) timer.ref();
      else timer.unref();
    }
  }

  /** Run none of the tasks that wait, and none that are added later. */
  end(): void {
    this.hasEnded = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}

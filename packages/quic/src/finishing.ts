import { Deferred } from './deferred.ts';

/** Waits until a connection or listener is no longer in use, for `finish`. */
export class Finishing {
  private readonly isBusy: () => boolean;
  private readonly soon: (task: () => void) => void;
  private readonly end = new Deferred<void>().optional();
  private hasBegun = false;

  /** @param soon - runs a task in a later turn of the event loop. */
  constructor(isBusy: () => boolean, soon: (task: () => void) => void) {
    this.isBusy = isBusy;
    this.soon = soon;
    // Data written in this turn has not reached the halves yet, because web streams pass it on in microtasks.
    soon(() => {
      this.hasBegun = true;
      this.check();
    });
  }

  get done(): Promise<void> {
    return this.end.promise;
  }

  /** A stream or call has ended. */
  check(): void {
    if (this.hasBegun && !this.isBusy()) this.end.resolve();
  }

  /** A stream or call has ended, and another may begin in this turn. */
  checkSoon(): void {
    this.soon(() => this.check());
  }

  /** The connection ended first. */
  fail(error: unknown): void {
    this.end.reject(error);
  }
}

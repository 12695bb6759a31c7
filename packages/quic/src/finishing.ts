import { Deferred } from './deferred.ts';

/** The way to an end in good order: it waits until nothing is in use any more. */
export class Finishing {
  private readonly isBusy: () => boolean;
  private readonly soon: (task: () => void) => void;
  private readonly end = new Deferred<void>().optional();
  private hasBegun = false;

  /** @param soon - runs a task in another turn of the event loop. */
  constructor(isBusy: () => boolean, soon: (task: () => void) => void) {
    this.isBusy = isBusy;
    this.soon = soon;
    // What was written in this turn has not reached the halves yet: web streams pass it on in microtasks.
    soon(() => {
      this.hasBegun = true;
      this.check();
    });
  }

  get done(): Promise<void> {
    return this.end.promise;
  }

  /** Something has ended. */
  check(): void {
    if (this.hasBegun && !this.isBusy()) this.end.resolve();
  }

  /** Something has ended, and something else may begin in this turn. */
  checkSoon(): void {
    this.soon(() => this.check());
  }

  /** The connection ended first. */
  fail(error: unknown): void {
    this.end.reject(error);
  }
}

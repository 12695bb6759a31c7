/**
 * A promise and the means to settle it. It may be ignored: a peer can make it reject at any time, which must not end the program.
 * Code that awaits it gets the rejection.
 */
export class Settlement<T> {
  readonly promise: Promise<T>;
  isSettled = false;
  private fulfil!: (value: T) => void;
  private fail!: (reason: unknown) => void;

  constructor() {
    this.promise = ignorable(
      new Promise<T>((resolve, reject) => {
        this.fulfil = resolve;
        this.fail = reject;
      }),
    );
  }

  resolve(value: T): void {
    this.isSettled = true;
    this.fulfil(value);
  }

  reject(reason: unknown): void {
    this.isSettled = true;
    this.fail(reason);
  }
}

/** The same promise, whose rejection does not count as unhandled. */
export function ignorable<T>(promise: Promise<T>): Promise<T> {
  promise.catch(nothing);
  return promise;
}

function nothing(): void {}

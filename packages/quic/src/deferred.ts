/**
 * A promise and the means to settle it. The promise is made when it is first asked for, because most of those that a connection
 * has are never awaited.
 */
export class Deferred<T> {
  private made: Promise<T> | undefined = undefined;
  /** Settle the promise that was made; undefined before that, and afterwards. */
  private fulfil: ((value: T) => void) | undefined = undefined;
  private fail: ((reason: unknown) => void) | undefined = undefined;
  private isSettled = false;
  private isOptional = false;

  get promise(): Promise<T> {
    return (this.made ??= this.keep(
      new Promise<T>((resolve, reject) => {
        this.fulfil = resolve;
        this.fail = reject;
      }),
    ));
  }

  resolve(value: T): void {
    if (this.isSettled) return;
    this.isSettled = true;
    if (this.fulfil === undefined) this.made = Promise.resolve(value);
    else this.fulfil(value);
    this.fulfil = this.fail = undefined;
  }

  reject(reason: unknown): void {
    if (this.isSettled) return;
    this.isSettled = true;
    if (this.fail === undefined) this.made = this.keep(Promise.reject(reason));
    else this.fail(reason);
    this.fulfil = this.fail = undefined;
  }

  /** The promise may be ignored: its rejection does not count as unhandled. */
  optional(): this {
    this.isOptional = true;
    if (this.made !== undefined) void optional(this.made);
    return this;
  }

  private keep(promise: Promise<T>): Promise<T> {
    return this.isOptional ? optional(promise) : promise;
  }
}

/**
 * The same promise, which may be ignored: its rejection does not count as unhandled, because a peer can cause
 * it at any time and must not end the program by that. Code that awaits the promise still gets the rejection.
 */
export function optional<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

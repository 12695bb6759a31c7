/** A promise and the means to settle it. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Nobody needs to look at this promise: its rejection alone is no unhandled one. */
  optional(): this {
    void optional(this.promise);
    return this;
  }
}

/**
 * The same promise, which nobody needs to look at: a peer can make it reject at any moment, and must not end a program by
 * that. Who awaits it meets the rejection all the same.
 */
export function optional<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

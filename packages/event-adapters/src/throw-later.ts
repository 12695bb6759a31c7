/** Throw what a handler of the program has thrown from a microtask, where the runtime reports it as uncaught. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

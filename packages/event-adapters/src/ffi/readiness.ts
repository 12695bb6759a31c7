/** What a socket can do without waiting: a set of bits. */
export const Ready = { Read: 1, Write: 2 } as const;

/** Tells when a socket can be read or written. Made by `NativeSystem.watch`. */
export interface Readiness {
  /** Watch for these `Ready` bits. */
  start(events: number): void;
  /** Watch for the same as before: after an error, which stops the watching. */
  restart(): void;
  stop(): void;
  /** Whether watching keeps the program running, which is the default. */
  ref(): void;
  unref(): void;
  /** Stop for ever. The socket may be closed afterwards. */
  close(): void;
}

/** Make an error of a program's handler an uncaught exception, in a turn of its own. */
export function throwSoon(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

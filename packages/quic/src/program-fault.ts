import process from 'node:process';

/**
 * Tell the program of a fault of its own that it caught nowhere: as a warning of the process, which is printed and can
 * be listened to (`process.on('warning')`), but ends nothing. Peers choose when handlers run: they must not choose when
 * a server ends.
 *
 * @param what - what failed, as in 'a connection handler'.
 */
export function reportFault(what: string, error: unknown): void {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  process.emitWarning(`${what} failed: ${message}`, {
    type: 'QuicProgramFault',
    code: 'TSQUIC_PROGRAM_FAULT',
    ...(stack === undefined ? {} : { detail: stack }),
  });
}

/**
 * Call what the program wants to hear by. What it throws, or its promise rejects with, is its own fault, and changes
 * nothing here.
 */
export function tellProgram<A extends readonly unknown[]>(
  what: string,
  callback: ((...args: A) => unknown) | undefined,
  ...args: A
): void {
  if (callback === undefined) return;
  try {
    const result = callback(...args);
    if (result instanceof Promise) result.catch((error: unknown) => reportFault(what, error));
  } catch (error) {
    reportFault(what, error);
  }
}

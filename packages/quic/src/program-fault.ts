import process from 'node:process';

/**
 * Report an error of the program that it did not catch, as a warning of the process. It is printed and can be
 * listened to (`process.on('warning')`), but ends nothing: a peer decides when handlers run, and must not be
 * able to end a server by that.
 *
 * @param what - what failed, such as 'a connection handler'.
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
 * Call a callback of the program. What it throws, or its promise rejects with, is reported and changes
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

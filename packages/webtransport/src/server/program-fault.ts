import process from 'node:process';

/** Report an error of the program as a warning of the process, which ends nothing: a peer decides when handlers run. */
export function reportFault(what: string, error: unknown): void {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  process.emitWarning(`${what} failed: ${message}`, {
    type: 'QuicProgramFault',
    code: 'TSQUIC_PROGRAM_FAULT',
    ...(stack === undefined ? {} : { detail: stack }),
  });
}

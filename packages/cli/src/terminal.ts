import { Failure, systemFailure } from './failure.ts';

/** The output of a command: the process's streams, or a test's. */
export interface Terminal {
  /** Write a line of results to stdout. */
  out(line: string): void;
  /** Write any other line to stderr. */
  err(line: string): void;
  /** Draw over the current line of stderr; '' clears it. Does nothing when stderr is not a terminal. */
  status(text: string): void;
  /** Width of stdout in columns; undefined when it is not a terminal. */
  readonly columns?: number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

function lineOfStdout(error: unknown): string {
  const failure = systemFailure(error, 'write to stdout');
  return failure instanceof Failure ? failure.line : String(failure);
}

/** The terminal of this process. */
export function createProcessTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  // A reader that has enough closes the pipe, which is no error. Other errors of stdout set the exit code.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    stderr.write(`tsquic: ${lineOfStdout(error)}\n`);
    process.exitCode = 1;
  });
  stderr.on('error', () => {});
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    status: (text) => {
      if (stderr.isTTY) stderr.write(`\r\u001b[K${text.slice(0, stderr.columns - 1)}`);
    },
    columns: stdout.isTTY ? stdout.columns : undefined,
    environment: env,
  };
}

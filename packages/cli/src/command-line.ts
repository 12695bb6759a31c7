import { lineOf, run } from './run.ts';
import { createProcessTerminal } from './terminal.ts';

/** Run the command line of this process and set its exit code. */
export async function runCommandLine(): Promise<void> {
  const words = process.argv.slice(2);
  const stop = new Promise((resolve) => {
    // Only a server has something to wind down; a second signal ends the process as usual.
    if (words[0] === 'serve') for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  // Whatever happens, the user reads a line and no stack.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`tsquic: ${lineOf(error)}\n`);
    process.exit(1);
  });
  const exitCode = await run(words, createProcessTerminal(), stop);
  // What went wrong with stdout meanwhile stands.
  process.exitCode ||= exitCode;
}

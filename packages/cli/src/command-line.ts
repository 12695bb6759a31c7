import { run } from './run.ts';
import { createProcessTerminal } from './terminal.ts';

/** Run the command line of this process and set its exit code. */
export async function runCommandLine(): Promise<void> {
  const words = process.argv.slice(2);
  const stop = new Promise((resolve) => {
    // Only a server has something to wind down; a second signal ends the process as usual.
    if (words[0] === 'serve') for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  process.exitCode = await run(words, createProcessTerminal(), stop);
}

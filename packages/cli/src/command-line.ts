import { lineOf, run } from './run.ts';
import { createProcessTerminal } from './terminal.ts';

/** Run the command line of this process and set its exit code. */
export async function runCommandLine(): Promise<void> {
  const words = process.argv.slice(2);
  const interrupt = new AbortController();
  let interruptedBy: NodeJS.Signals | undefined;
  const stop = new Promise((resolve) => {
    // The first signal ends the command in order: a server closes its connections, a download removes its
    // partial files. A second one ends the process as usual.
    const onSignal = (signal: NodeJS.Signals): void => {
      for (const name of SIGNALS) process.off(name, onSignal);
      resolve(signal);
      if (words[0] === 'serve') return;
      interruptedBy = signal;
      interrupt.abort();
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
  // Any other error is reported as a line without a stack.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`tsquic: ${lineOf(error)}\n`);
    process.exit(1);
  });
  try {
    const exitCode = await run(words, createProcessTerminal(), stop, interrupt.signal);
    // An exit code that an error of stdout has set meanwhile stays.
    process.exitCode ||= exitCode;
  } catch (error) {
    if (interruptedBy === undefined) throw error;
    process.stderr.write('tsquic: interrupted\n');
    process.exitCode = interruptedBy === 'SIGINT' ? 130 : 143;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

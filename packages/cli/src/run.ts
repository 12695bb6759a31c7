import { QuicUsageError, usageErrorCode } from '@tsquic/quic-core';
import { QuicError } from 'tsquic';
import { parseCommandLine } from './arguments.ts';
import { Failure, systemFailure } from './failure.ts';
import { commandHelp, generalHelp } from './help.ts';
import type { Terminal } from './terminal.ts';

/**
 * Run one command line (without the program name) and resolve with its exit code: 0, or 1 after a line on
 * stderr that says why. `stop` ends a server. Aborting `interrupt` ends any other command, which then closes
 * its connections, removes partial files, and rejects with the signal's reason.
 */
export async function run(
  words: readonly string[],
  terminal: Terminal,
  stop: Promise<unknown>,
  interrupt?: AbortSignal,
): Promise<number> {
  try {
    return await dispatch(words, terminal, stop, interrupt);
  } catch (error) {
    if (interrupt?.aborted === true) throw interrupt.reason;
    terminal.status('');
    terminal.err(`tsquic: ${lineOf(error)}`);
    if (terminal.environment['TSQUIC_STACK'] !== undefined && error instanceof Error)
      terminal.err(error.stack ?? '');
    return 1;
  }
}

async function dispatch(
  words: readonly string[],
  terminal: Terminal,
  stop: Promise<unknown>,
  interrupt: AbortSignal | undefined,
): Promise<number> {
  if (words[0] === '--help' || words[0] === 'help') {
    terminal.out(generalHelp().trimEnd());
    return 0;
  }
  if (words[0] === '--version') {
    terminal.out(VERSION);
    return 0;
  }
  const args = parseCommandLine(words);
  if (args.help) {
    terminal.out(commandHelp(args.command).trimEnd());
    return 0;
  }
  // Each command loads only what it needs, because parsing certificates alone takes a tenth of a second.
  switch (args.command.name) {
    case 'get':
      return (await import('./command/get.ts')).get(args, terminal, interrupt);
    case 'serve':
      return (await import('./command/serve.ts')).serve(args, terminal, stop);
    case 'perf':
      return (await import('./command/perf.ts')).perf(args, terminal, interrupt);
    case 'conform':
      return (await import('./command/conform.ts')).conform(args, terminal, interrupt);
    case 'ladder':
      return (await import('./command/ladder.ts')).ladder(args, terminal);
    default:
      return (await import('./command/cert.ts')).cert(args, terminal);
  }
}

/** One line for any error: what happened, and what the user can do. */
export function lineOf(thrown: unknown): string {
  const error = systemFailure(thrown, 'go on');
  if (error instanceof Failure) return error.line;
  if (error instanceof QuicError) return new Failure(error.code, error.message).line;
  if (error instanceof QuicUsageError) return new Failure(usageErrorCode(error.code), error.message).line;
  const message = error instanceof Error ? error.message : String(error);
  return new Failure('ERR_TSQUIC_INTERNAL', message, 'a fault of this program: TSQUIC_STACK=1 tells where')
    .line;
}

const VERSION = '0.1.0';

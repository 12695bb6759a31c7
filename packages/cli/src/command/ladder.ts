import { readFile } from 'node:fs/promises';
import type { Arguments } from '../arguments.ts';
import { systemFailure } from '../failure.ts';
import { drawLadder, printable } from '../packet-ladder.ts';
import { parseQlog } from '../qlog-file.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `tsquic ladder`: resolves with the exit code. Throws a `Failure` for a file that is not qlog, after the
 * files before it were drawn.
 */
export async function ladder(args: Arguments, terminal: Terminal): Promise<number> {
  const width = args.number('width') ?? Math.max(40, terminal.columns ?? 100);
  const first = args.number('first') ?? (args.number('last') === undefined ? 40 : 0);
  const last = args.number('last') ?? (args.number('first') === undefined ? 20 : 0);
  for (const [index, path] of args.operands.entries()) {
    const file = parseQlog(await textOf(path), path);
    if (args.operands.length > 1) {
      if (index > 0) terminal.out('');
      terminal.out(`== ${printable(path)}`);
    }
    for (const line of drawLadder(file, { width, first, last })) terminal.out(line);
  }
  return 0;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw systemFailure(error, `read ${path}`);
  }
}

import { readFile } from 'node:fs/promises';
import type { Arguments } from '../arguments.ts';
import { Failure, systemFailure } from '../failure.ts';
import { drawLadder } from '../packet-ladder.ts';
import { parseQlog } from '../qlog-file.ts';
import type { Terminal } from '../terminal.ts';

/** `tsquic ladder`: resolves with the exit code. Throws a `Failure` for a file that is no qlog. */
export async function ladder(args: Arguments, terminal: Terminal): Promise<number> {
  const [path = '', ...others] = args.operands;
  if (others.length > 0) throw new Failure('ERR_TSQUIC_USAGE', 'ladder draws one file at a time');
  const file = parseQlog(await textOf(path), path);
  const width = args.number('width') ?? Math.max(40, terminal.columns ?? 100);
  const first = args.number('first') ?? (args.number('last') === undefined ? 40 : 0);
  const last = args.number('last') ?? (args.number('first') === undefined ? 20 : 0);
  for (const line of drawLadder(file, { width, first, last })) terminal.out(line);
  return 0;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw systemFailure(error, `read ${path}`);
  }
}

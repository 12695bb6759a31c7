import { parseArgs } from 'node:util';
import type { Browser } from './browser.ts';
import { CASE_NAMES, type CaseName } from './cases.ts';
import { chromium } from './chromium.ts';
import { firefox } from './firefox.ts';

/** What the command line asks for. */
export interface Options {
  readonly browsers: readonly Browser[];
  readonly cases: readonly CaseName[];
  /** How often each case is run. */
  readonly repeat: number;
  readonly logs: boolean;
  readonly json: boolean;
}

/** The command line makes no sense. */
export class UsageFault extends Error {}

const BROWSERS: readonly Browser[] = [chromium, firefox];

/** What can be asked for. */
export const USAGE: string = `usage: pnpm browsers [options]

  --browser a,b   only these: ${BROWSERS.map(({ name }) => name).join(', ')}
  --case x,y      only these cases: ${CASE_NAMES.join(', ')}
  --repeat N      run all of it so often; a case passes when it always does (default 1)
  --log           keep what the browsers log of their network, and the server's qlog
  --json          print one JSON object instead of the table
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const FLAGS = {
  ...{ browser: text, case: text, repeat: text, log: flag, json: flag },
  help: { ...flag, short: 'h' },
} as const;

/** Reads the command line; undefined when it asks for help. Throws UsageFault. */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readFlags(args);
  if (values.help === true) return undefined;
  const repeat = Number(values.repeat ?? 1);
  if (!Number.isSafeInteger(repeat) || repeat < 1)
    throw new UsageFault(`--repeat is a number from 1 on, not ${values.repeat}`);
  const names = chosen(
    BROWSERS.map(({ name }) => name),
    values.browser,
    'browser',
  );
  return {
    browsers: BROWSERS.filter(({ name }) => names.includes(name)),
    cases: chosen(CASE_NAMES, values.case, 'case'),
    repeat,
    logs: values.log === true,
    json: values.json === true,
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new UsageFault((error as Error).message);
  }
}

/** Those of `all` that are named, in the order of `all`. */
function chosen<T extends string>(all: readonly T[], names: string | undefined, what: string): readonly T[] {
  if (names === undefined) return all;
  const wanted = names.split(',');
  const unknown = wanted.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) throw new UsageFault(`no such ${what}: ${unknown}`);
  return all.filter((name) => wanted.includes(name));
}

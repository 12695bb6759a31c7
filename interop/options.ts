import { parseArgs } from 'node:util';
import type { Case } from './cases/case.ts';
import { CASES } from './cases/catalogue.ts';
import type { Peer } from './peer.ts';
import { OTHERS, OURS } from './peers/catalogue.ts';
import type { Role } from './report.ts';

/** What the command line asks for. */
export interface Options {
  readonly peers: readonly Peer[];
  readonly cases: readonly Case[];
  readonly roles: readonly Role[];
  readonly against: Peer;
  readonly capture: boolean;
  readonly json: boolean;
}

/** The command line makes no sense. */
export class UsageFault extends Error {}

/** What can be asked for. */
export const USAGE: string = `usage: pnpm interop [options]

  --peer a,b      only these peers: ${OTHERS.map((peer) => peer.name).join(', ')}
  --case x,y      only these cases: ${CASES.map((testCase) => testCase.name).join(', ')}
  --role ROLE     only the peer as server, or only as client
  --against NAME  put this peer in our place (default ${OURS.name})
  --capture       write a capture for every case
  --json          print one JSON object instead of the table
`;

/** Reads the command line; undefined when it asks for help. Throws UsageFault. */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readFlags(args);
  if (values.help === true) return undefined;
  const { role } = values;
  if (role !== undefined && role !== 'client' && role !== 'server')
    throw new UsageFault(`--role is client or server, not ${role}`);
  return {
    peers: chosen(OTHERS, values.peer, 'peer'),
    cases: chosen(CASES, values.case, 'case'),
    roles: role === undefined ? ['server', 'client'] : [role],
    against: chosen([OURS, ...OTHERS], values.against ?? OURS.name, 'peer')[0] ?? OURS,
    capture: values.capture === true,
    json: values.json === true,
  };
}

interface Flags {
  readonly peer?: string;
  readonly case?: string;
  readonly role?: string;
  readonly against?: string;
  readonly capture?: boolean;
  readonly json?: boolean;
  readonly help?: boolean;
}

function readFlags(args: readonly string[]): Flags {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        peer: text,
        case: text,
        role: text,
        against: text,
        capture: flag,
        json: flag,
        help: { ...flag, short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageFault((error as Error).message);
  }
}

function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  names: string | undefined,
  what: string,
): readonly T[] {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new UsageFault(`no such ${what}: ${name}`);
    return found;
  });
}

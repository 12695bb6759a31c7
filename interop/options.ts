import { parseArgs } from 'node:util';
import type { Case } from './cases/case.ts';
import { CASES } from './cases/catalogue.ts';
import { MEASUREMENTS } from './cases/measurements.ts';
import type { Peer } from './peer.ts';
import { OTHERS, OURS, SELF, selfOf } from './peers/catalogue.ts';
import type { Role } from './report.ts';

/** What the command line asks for. */
export interface Options {
  readonly peers: readonly Peer[];
  /** Whether it names them, so that each has to be there. */
  readonly namesPeers: boolean;
  readonly cases: readonly Case[];
  readonly roles: readonly Role[];
  readonly against: Peer;
  /** How many cells have their turn at once. */
  readonly lanes: number;
  /** How often each is run. */
  readonly repeat: number;
  /** From which that of each cell follows. */
  readonly seed: number;
  readonly capture: boolean;
  readonly json: boolean;
}

/** The command line makes no sense. */
export class UsageFault extends Error {}

/** What is taken where the command line does not say. */
interface Defaults {
  readonly peer?: string;
  readonly case?: string;
  readonly lanes: number;
  readonly repeat: number;
}

const USUAL: Defaults = { lanes: 3, repeat: 1 };

/** What every change is tried with. */
const QUICK = {
  ...USUAL,
  peer: `${SELF},aioquic,quic-go`,
  case: 'handshake,transfer,retry,resumption,zerortt,keyupdate,v2,rebind-port,webtransport-handshake,transfer-bidirectional-send,transfer-datagram-receive,multipath',
};

/** One after the other, as often as the runner does. */
const MEASURING = { lanes: 1, repeat: 5, case: MEASUREMENTS.map(({ name }) => name).join(',') };

/** What can be asked for. */
export const USAGE: string = `usage: pnpm interop [options]

  --peer a,b      only these peers: ${[...OTHERS.map((peer) => peer.name), SELF].join(', ')}
                  (default all others; ${SELF} is whoever is in our place against itself)
  --case x,y      only these cases: ${CASES.map((testCase) => testCase.name).join(', ')}
  --role ROLE     only the peer as server, or only as client
  --measure       --case ${MEASURING.case} --repeat ${MEASURING.repeat} --lanes ${MEASURING.lanes}, where these are not given
  --quick         --peer ${QUICK.peer} --case ${QUICK.case}, where these are not given
  --against NAME  put this peer in our place (default ${OURS.name})
  --repeat N      run each cell so often; it passes when it always does (default 1)
  --lanes N       so many cells at once (default ${USUAL.lanes})
  --seed N        of what the networks draw (default: another one each time)
  --capture       keep the captures of what passed as well
  --json          print one JSON object instead of the table
`;

/** Reads the command line; undefined when it asks for help. Throws UsageFault. */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readFlags(args);
  if (values.help === true) return undefined;
  const defaults = defaultsFor(values);
  const against = chosen([OURS, ...OTHERS], values.against ?? OURS.name, 'peer')[0]!;
  const names = values.peer ?? defaults.peer;
  return {
    peers: names === undefined ? OTHERS : chosen([...OTHERS, selfOf(against)], names, 'peer'),
    namesPeers: names !== undefined,
    cases: chosenCases(values.case ?? defaults.case),
    roles: readRoles(values.role),
    against,
    lanes: readNumber('lanes', values.lanes ?? defaults.lanes, 1),
    repeat: readNumber('repeat', values.repeat ?? defaults.repeat, 1),
    seed: readNumber('seed', values.seed ?? Math.floor(Math.random() * 2 ** 32), 0),
    capture: values.capture === true,
    json: values.json === true,
  };
}

function defaultsFor({ quick, measure }: Flags): Defaults {
  if (quick === true && measure === true) throw new UsageFault('--quick measures nothing');
  if (quick === true) return QUICK;
  return measure === true ? MEASURING : USUAL;
}

function readRoles(role: string | undefined): readonly Role[] {
  if (role === undefined) return ['server', 'client'];
  if (role === 'client' || role === 'server') return [role];
  throw new UsageFault(`--role is client or server, not ${role}`);
}

function chosenCases(names: string | undefined): readonly Case[] {
  return names === undefined ? CASES : chosen([...CASES, ...MEASUREMENTS], names, 'case');
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const FLAGS = {
  peer: text,
  case: text,
  role: text,
  against: text,
  lanes: text,
  repeat: text,
  seed: text,
  quick: flag,
  measure: flag,
  capture: flag,
  json: flag,
  help: { ...flag, short: 'h' },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>['values'];

function readFlags(args: readonly string[]): Flags {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new UsageFault((error as Error).message);
  }
}

function readNumber(name: string, value: string | number, least: number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < least)
    throw new UsageFault(`--${name} is a number from ${least} on, not ${value}`);
  return number;
}

/** Those of `all` that are named, in the order of the names. */
function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  names: string,
  what: string,
): readonly T[] {
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new UsageFault(`no such ${what}: ${name}`);
    return found;
  });
}

// pnpm ports [RUNTIME…] [--bytes N] [--rounds N] [--lanes N] [--json]; several lanes share the processor: no figures then
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { formatTable, medianBy } from '../benchmark.ts';
import {
  chooseRuntimes,
  installRuntime,
  runIn,
  RUNTIMES,
  type Runtime,
  type RuntimeChoice,
} from '../../tools/runtimes.ts';
import { checkSnippets } from './snippets.ts';
import type { UploadResult } from './upload.ts';

/** What is joined to which runtime: things whose promises are checked, and ways for the upload. */
interface Plan {
  readonly promises: readonly string[];
  readonly ways: readonly string[];
}
const NODE: Plan = {
  promises: ['essentials', 'snippets', 'node', 'set', 'reactor', 'simulator'],
  ways: ['node', 'set', 'by-hand', 'packet-loop', 'reactor', 'threads', 'simulator'],
};
const BUN: Plan = {
  promises: ['essentials', 'snippets', 'bun', 'node', 'set', 'simulator'],
  ways: ['bun', 'node', 'set', 'threads', 'simulator'],
};
const DENO: Plan = {
  promises: ['essentials', 'snippets', 'deno', 'set', 'simulator'],
  ways: ['deno', 'set', 'threads', 'simulator'],
};

/** The same with sockets through node:ffi or bun:ffi, which are there on Linux. */
function withFfi({ promises, ways }: Plan): Plan {
  if (process.platform !== 'linux') return { promises, ways };
  return { promises: [...promises, 'ffi', 'ffi-ipv6', 'pitfalls'], ways: [...ways, 'ffi'] };
}

/** One line of the table. */
interface Row {
  readonly place: number;
  readonly runtime: string;
  readonly way: string;
  /** Undefined for ways that promise nothing of their own. */
  readonly promises: { readonly kept: number; readonly of: number } | undefined;
  readonly upload: UploadResult | undefined;
  readonly faults: readonly string[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    bytes: { type: 'string', default: '20000000' },
    rounds: { type: 'string', default: '3' },
    lanes: { type: 'string', default: '1' },
  },
});
try {
  const chosen = chooseRuntimes(positionals);
  await main(chosen, values);
} catch (error) {
  console.error(`ports: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function main(chosen: readonly RuntimeChoice[], options: typeof values): Promise<void> {
  const [bytes, rounds, lanes] = [options.bytes, options.rounds, options.lanes].map(Number) as [
    number,
    number,
    number,
  ];
  const { json } = options;
  const say = json ? console.error : console.log;
  say(`${cpus().length} × ${cpus()[0]?.model}, load average ${loadavg()[0]?.toFixed(2)} before`);
  const rows: Row[] = [];
  const keep = (row: Row): void => {
    rows.push(row);
    say(`${row.faults.length === 0 ? 'ok  ' : 'FAIL'} ${row.runtime} ${row.way}`);
    for (const fault of row.faults) say(`     ${fault}`);
  };
  const waiting = [...chosen];
  const lane = async (): Promise<void> => {
    for (let choice = waiting.shift(); choice !== undefined; choice = waiting.shift())
      for await (const row of rowsOf(choice, bytes, rounds)) keep(row);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  rows.sort((a, b) => a.place - b.place);
  say(`\n${bytes / 1e6} MB, both ends in one process, median of ${rounds}; simulator in virtual time`);
  say(formatTable(table(rows)));
  say(`\nload average ${loadavg()[0]?.toFixed(2)} after`);
  const failed = rows.filter(({ faults }) => faults.length > 0).length;
  if (json) console.log(JSON.stringify({ bytes, rounds, rows, passed: rows.length - failed, failed }));
  say(`${rows.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function* rowsOf(choice: RuntimeChoice, bytes: number, rounds: number): AsyncGenerator<Row> {
  try {
    const runtime = await installRuntime(choice);
    const { promises, ways } = planOf(runtime);
    for (const way of new Set([...promises, ...ways])) {
      // This version runs them in the tests of the documentation.
      if (way === 'snippets' && runtime.version === process.versions.node) continue;
      yield await measure(runtime, way, bytes, rounds);
    }
  } catch (error) {
    const faults = [(error as Error).message];
    yield {
      place: placeOf(choice),
      runtime: choice.name,
      way: '-',
      promises: undefined,
      upload: undefined,
      faults,
    };
  }
}

/** Where its rows stand in the table, whichever lane was first. */
function placeOf({ name }: { readonly name: string }): number {
  return RUNTIMES.findIndex((choice) => choice.name === name);
}

function planOf({ name }: Runtime): Plan {
  if (name === 'node26-newest') return withFfi(NODE);
  return name === 'bun' ? withFfi(BUN) : name === 'deno' ? DENO : NODE;
}

async function measure(runtime: Runtime, way: string, bytes: number, rounds: number): Promise<Row> {
  const faults: string[] = [];
  const attempt = async <T>(what: string, run: () => Promise<T>): Promise<T | undefined> =>
    run().catch((error: unknown) => {
      faults.push(`${what}: ${(error as Error).message}`);
      return undefined;
    });
  let promises: Row['promises'];
  const plan = planOf(runtime);
  if (plan.promises.includes(way)) {
    const outcome = await attempt('compliance', () =>
      way === 'snippets'
        ? checkSnippets(runtime)
        : runIn<{ promises: number; faults: string[] }>(runtime, 'benchmarks/ports/compliance.ts', way),
    );
    faults.push(...(outcome?.faults ?? []));
    if (outcome !== undefined)
      promises = { kept: outcome.promises - outcome.faults.length, of: outcome.promises };
  }
  const uploads: UploadResult[] = [];
  for (let round = 0; round < rounds && plan.ways.includes(way) && faults.length === 0; round++) {
    const upload = await attempt('upload', () =>
      runIn<UploadResult>(runtime, 'benchmarks/ports/transfer.ts', way, String(bytes)),
    );
    if (upload === undefined) break;
    uploads.push(upload);
    if (!upload.checksumOk || upload.bytes !== bytes)
      faults.push(`upload: ${upload.bytes} bytes arrived, checksum ${upload.checksumOk ? 'right' : 'wrong'}`);
  }
  const upload = uploads.length === 0 ? undefined : medianBy(uploads, ({ seconds }) => seconds);
  return {
    place: placeOf(runtime),
    runtime: `${runtime.name} ${runtime.version}`,
    way,
    promises,
    upload,
    faults,
  };
}

function table(rows: readonly Row[]): string[][] {
  const heads = ['runtime', 'way', 'promises', 'Mbit/s', 'seconds', 'CPU s', 'lost', 'checksum'];
  return [
    heads,
    ...rows.map(({ runtime, way, promises, upload }) => [
      runtime,
      way,
      promises === undefined ? '-' : `${promises.kept}/${promises.of}`,
      upload === undefined ? '-' : ((upload.bytes * 8) / 1e6 / upload.seconds).toFixed(0),
      upload?.seconds.toFixed(2) ?? '-',
      upload?.cpuSeconds.toFixed(2) ?? '-',
      upload === undefined ? '-' : String(upload.lostPackets),
      upload === undefined ? '-' : upload.checksumOk ? 'ok' : 'WRONG',
    ]),
  ];
}

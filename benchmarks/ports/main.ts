// pnpm ports [RUNTIME…] [--bytes N] [--rounds N] [--json]
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { formatTable, medianBy } from '../benchmark.ts';
import { installRuntimes, runIn, RUNTIMES, type Runtime } from '../../tools/runtimes.ts';
import type { UploadResult } from './upload.ts';

/** What is joined to which runtime: ports to check, and ways for the upload. */
const NODE = {
  ports: ['node', 'set', 'reactor', 'simulator'],
  ways: ['node', 'set', 'by-hand', 'packet-loop', 'reactor', 'threads', 'simulator'],
};
const PLANS: Readonly<
  Record<string, { readonly ports: readonly string[]; readonly ways: readonly string[] }>
> = {
  node20: NODE,
  node22: NODE,
  node24: NODE,
  bun: {
    ports: ['bun', 'node', 'set', 'simulator'],
    ways: ['bun', 'node', 'set', 'threads', 'simulator'],
  },
  deno: { ports: ['deno', 'set', 'simulator'], ways: ['deno', 'set', 'threads', 'simulator'] },
};

/** One line of the table. */
interface Row {
  readonly runtime: string;
  readonly way: string;
  /** Undefined for ways that are no port. */
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
  },
});
const unknown = positionals.find((name) => !RUNTIMES.some((runtime) => runtime.name === name));
if (unknown === undefined) await main(positionals, Number(values.bytes), Number(values.rounds), values.json);
else {
  console.error(`ports: no runtime ${unknown}: use ${RUNTIMES.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
}

async function main(names: readonly string[], bytes: number, rounds: number, json: boolean): Promise<void> {
  const say = json ? console.error : console.log;
  const chosen = RUNTIMES.filter(({ name }) => names.length === 0 || names.includes(name));
  say(`${cpus().length} × ${cpus()[0]?.model}, load average ${loadavg()[0]?.toFixed(2)} before`);
  const failures = await installRuntimes(chosen);
  const rows: Row[] = [];
  for (const runtime of chosen) {
    const failure = failures.get(runtime.name);
    const ways = failure === undefined ? (PLANS[runtime.name]?.ways ?? []) : ['-'];
    for (const way of ways) {
      const row =
        failure === undefined
          ? await measure(runtime, way, bytes, rounds)
          : { runtime: runtime.name, way, promises: undefined, upload: undefined, faults: [failure] };
      rows.push(row);
      say(`${row.faults.length === 0 ? 'ok  ' : 'FAIL'} ${row.runtime} ${row.way}`);
      for (const fault of row.faults) say(`     ${fault}`);
    }
  }
  say(`\n${bytes / 1e6} MB, both ends in one process, median of ${rounds}; simulator in virtual time`);
  say(formatTable(table(rows)));
  say(`\nload average ${loadavg()[0]?.toFixed(2)} after`);
  const failed = rows.filter(({ faults }) => faults.length > 0).length;
  if (json) console.log(JSON.stringify({ bytes, rounds, rows, passed: rows.length - failed, failed }));
  say(`${rows.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function measure(runtime: Runtime, way: string, bytes: number, rounds: number): Promise<Row> {
  const faults: string[] = [];
  const attempt = async <T>(what: string, run: () => Promise<T>): Promise<T | undefined> =>
    run().catch((error: unknown) => {
      faults.push(`${what}: ${(error as Error).message}`);
      return undefined;
    });
  let promises: Row['promises'];
  const checked = PLANS[runtime.name]?.ports ?? [];
  if (checked.includes(way)) {
    const outcome = await attempt('compliance', () =>
      runIn<{ promises: number; faults: string[] }>(runtime, 'benchmarks/ports/compliance.ts', way),
    );
    faults.push(...(outcome?.faults ?? []));
    if (outcome !== undefined)
      promises = { kept: outcome.promises - outcome.faults.length, of: outcome.promises };
  }
  const uploads: UploadResult[] = [];
  for (let round = 0; round < rounds && faults.length === 0; round++) {
    const upload = await attempt('upload', () =>
      runIn<UploadResult>(runtime, 'benchmarks/ports/transfer.ts', way, String(bytes)),
    );
    if (upload === undefined) break;
    uploads.push(upload);
    if (!upload.checksumOk || upload.bytes !== bytes)
      faults.push(`upload: ${upload.bytes} bytes arrived, checksum ${upload.checksumOk ? 'right' : 'wrong'}`);
  }
  const upload = uploads.length === 0 ? undefined : medianBy(uploads, ({ seconds }) => seconds);
  return { runtime: runtime.name, way, promises, upload, faults };
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

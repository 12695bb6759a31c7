// `pnpm fuzz --seconds 60`: mutates inputs of all code that takes bytes from a network, keeps those that
// reach new branches, and fails for inputs that make it throw or hang. `--write` stores the fewest inputs
// that reach all branches, for `pnpm test`. `--executions N` stops after N runs of each target; `--targets FILE`
// replaces the targets, and counts the branches of that file as well.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import ts from 'typescript';
import { instrument } from './fuzz/instrument.ts';
import type { FuzzOrder, FuzzOutcome, FuzzReport } from './fuzz/loop.ts';
import type { FuzzTarget } from './fuzz/target.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    executions: { type: 'string', default: '0' },
    target: { type: 'string' },
    targets: { type: 'string' },
    'hang-seconds': { type: 'string', default: '20' },
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const CORPUS = join(root, 'tools/fuzz/corpus.json');
/** Maximal size of the corpus file. */
const CORPUS_BYTES = 200_000;
const TARGETS = resolve(options.targets ?? join(root, 'tools/fuzz/targets.ts'));
const { FUZZ_TARGETS } = (await import(pathToFileURL(TARGETS).href)) as {
  readonly FUZZ_TARGETS: readonly FuzzTarget[];
};
/** An input that takes more CPU time is taken to hang: CPU time does not depend on other programs. */
const HANG_US = Number(options['hang-seconds']) * 1e6;

/** The packages whose branches are counted. */
const COUNTED = /packages\/(bytes|tls13|quic-core|qpack|http3)\/src\//;

await main();

async function main(): Promise<void> {
  const say = options.json ? console.error : console.log;
  const { entry, edgeCount } = await compile();
  const corpus = JSON.parse(readFileSync(CORPUS, 'utf8')) as Record<string, string[]>;
  const [seconds, executions] = [Number(options.seconds), Number(options.executions)];
  const targets = options.target?.split(',') ?? FUZZ_TARGETS.map(({ name }) => name);
  say(
    `${edgeCount} branches; ${executions > 0 ? `${executions} executions` : `${seconds} s`}, seed ${options.seed}`,
  );
  const outcome = await run(
    entry,
    {
      ...{ seconds, executions, seed: Number(options.seed), targets, corpus },
      ...{ pulse: new SharedArrayBuffer(4), present: new SharedArrayBuffer(8192) },
    },
    say,
  );
  if (typeof outcome === 'string') {
    say(`hang: ${outcome}`);
    if (options.json) console.log(JSON.stringify({ passed: 0, failed: 1, hang: outcome }));
    else console.log('0 passed, 1 failed');
    process.exitCode = 1;
    return;
  }
  const { reports } = outcome;
  for (const report of reports) printReport(report, say);
  if (options.write) writeCorpus(corpus, reports, say);
  const failed = reports.filter(({ throws }) => throws.length > 0).length;
  const passed = reports.length - failed;
  if (options.json) {
    const rows = reports.map(({ corpus: inputs, ...rest }) => ({ ...rest, inputs: inputs.length }));
    console.log(JSON.stringify({ passed, failed, edgeCount, edges: outcome.edges, targets: rows }));
  } else {
    const total = reports.reduce((sum, one) => sum + one.executions, 0);
    console.log(`${total} executions, ${outcome.edges} of ${edgeCount} edges`);
    console.log(`${passed} passed, ${failed} failed`);
  }
  process.exitCode = failed > 0 ? 1 : 0;
}

function printReport(
  { target, executions, edges, throws, worstMs }: FuzzReport,
  say: (line: string) => void,
): void {
  const verdict = throws.length === 0 ? 'ok  ' : 'FAIL';
  const counts = `${String(executions).padStart(8)} executions, ${String(edges).padStart(5)} edges`;
  say(
    `${verdict} ${target.padEnd(16)} ${counts}, ${throws.length} throws, 0 hangs, worst ${worstMs.toFixed(0)} ms`,
  );
  for (const { input, error } of throws.slice(0, 3)) say(`     ${error}\n     input: ${input}`);
}

/** Store the inputs of these targets, and keep those of the others, unless the file would become too large. */
function writeCorpus(
  before: Readonly<Record<string, readonly string[]>>,
  reports: readonly FuzzReport[],
  say: (line: string) => void,
): void {
  const known = Object.entries(before).filter(([name]) => FUZZ_TARGETS.some((one) => one.name === name));
  const kept = reports.map(({ target, corpus: inputs }) => [target, inputs] as const);
  const text = `${JSON.stringify(Object.fromEntries([...known, ...kept]), undefined, 1)}\n`;
  if (text.length > CORPUS_BYTES) say(`not written: ${text.length} bytes are more than ${CORPUS_BYTES}`);
  else writeFileSync(CORPUS, text);
}

/** Compile the loop and all code that it runs, with a counter for every branch of the packages. */
async function compile(): Promise<{ entry: string; edgeCount: number }> {
  let edgeCount = 0;
  // Each process has its own file, for runs at the same time.
  const out = join(root, `.cache/fuzz/loop-${process.pid}.js`);
  mkdirSync(dirname(out), { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'tools/fuzz/loop.ts')],
    outfile: out,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['tsquic-src'],
    logLevel: 'error',
    plugins: [
      {
        name: 'edges',
        setup({ onLoad, onResolve }): void {
          onResolve({ filter: /^\.\/targets\.ts$/ }, () => ({ path: TARGETS }));
          onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            if (!COUNTED.test(path) && (path !== TARGETS || options.targets === undefined)) return undefined;
            const text = await readFile(path, 'utf8');
            const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
            const { text: contents, count } = instrument(file, edgeCount);
            edgeCount += count;
            return { contents, loader: 'ts', resolveDir: dirname(path) };
          });
        },
      },
    ],
  });
  const text = readFileSync(out, 'utf8');
  writeFileSync(out, `globalThis.tsquicEdges = new Uint8Array(${edgeCount});\n${text}`);
  return { entry: out, edgeCount };
}

/** Run the loop; returns its outcome, or the target and the input that hangs. */
function run(entry: string, order: FuzzOrder, say: (line: string) => void): Promise<FuzzOutcome | string> {
  return new Promise((resolveRun, reject) => {
    const worker = new Worker(pathToFileURL(entry), { workerData: order });
    const pulse = new Int32Array(order.pulse);
    const beganMs = performance.now();
    let [last, lastUs, saidMs] = [-1, processorUs(), beganMs];
    const finish = (): void => {
      clearInterval(watch);
      rmSync(entry);
    };
    const watch = setInterval(() => {
      const now = Atomics.load(pulse, 0);
      const nowMs = performance.now();
      if (now !== last) [last, lastUs] = [now, processorUs()];
      if (nowMs - saidMs > 10_000) {
        saidMs = nowMs;
        say(`     ${((nowMs - beganMs) / 1000).toFixed(0)} s, ${now} executions`);
      }
      if (now === 0 || processorUs() - lastUs <= HANG_US) return;
      finish();
      void worker.terminate();
      resolveRun(presentInput(order));
    }, 500);
    worker.once('message', (outcome: FuzzOutcome) => {
      finish();
      resolveRun(outcome);
    });
    worker.once('error', (error) => {
      finish();
      reject(error);
    });
  });
}

/** CPU time of all threads of this process, microseconds. */
function processorUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The target and the input of the present execution, hexadecimal. */
function presentInput({ present: shared }: FuzzOrder): string {
  const present = new Uint8Array(shared);
  const length = (present[1]! << 8) | present[2]!;
  const input = Buffer.from(present.subarray(3, 3 + length)).toString('hex');
  return `${FUZZ_TARGETS[present[0]!]?.name ?? ''} ${input}`;
}

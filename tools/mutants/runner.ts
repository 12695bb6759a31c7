import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { takeDeclared, type DeclaredTest } from './jest-globals.ts';
import { hits } from './state.ts';

/** The job of a process: files by the addresses of their bundles, and which of their tests to run. */
export interface Job {
  /** Whether the process continues after a test that fails, and reports the places that every test runs. */
  readonly isSurvey: boolean;
  readonly stages: readonly Stage[];
}

export interface Stage {
  readonly bundle: string;
  /** Indexes of tests in the file; undefined for all of them. */
  readonly tests: readonly number[] | undefined;
  /** CPU time that each test may take. */
  readonly limitsMs: readonly number[];
}

/** One line of a runner's output on its third channel. */
export type Report =
  | { readonly kind: 'loaded'; readonly stage: number; readonly hits: string; readonly error?: string }
  | { readonly kind: 'test'; readonly stage: number; readonly test: number; readonly title: string }
  | {
      readonly kind: 'ended';
      readonly cpuMs: number;
      readonly hits: string;
      readonly measures: boolean;
      /** Requirements that the test names. */
      readonly ids: readonly string[];
      readonly error?: string;
    }
  | { readonly kind: 'late' }
  | { readonly kind: 'done' };

/** CPU time that loading, and a test without a known limit, may take. */
const LIMIT_MS = 120_000;
const REPORT_CHANNEL = 3;

const deadlineMs = new Float64Array(new SharedArrayBuffer(8));
deadlineMs[0] = LIMIT_MS;
// A thread of its own notices a test that never ends; it measures CPU time, and not the time of the clock.
const watchdog = new Worker(
  `const { workerData } = require('node:worker_threads');
   setInterval(() => {
     const { user, system } = process.cpuUsage();
     if ((user + system) / 1000 < workerData[0]) return;
     require('node:fs').writeSync(${REPORT_CHANNEL}, JSON.stringify({ kind: 'late' }) + '\\n');
     process.kill(process.pid, 'SIGKILL');
   }, 200);`,
  { eval: true, workerData: deadlineMs },
);
watchdog.unref();

function report(line: Report): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += writeSync(REPORT_CHANNEL, bytes, sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

// A test that measures time or memory depends on what else the machine does, so its verdict must be repeated.
let measures = false;
const cpuUsage = process.cpuUsage.bind(process);
const watch = <Call>(call: Call): Call =>
  new Proxy(call as never, {
    apply(target, self, values: never): unknown {
      measures = true;
      return Reflect.apply(target, self, values);
    },
  });
process.cpuUsage = watch(process.cpuUsage);
process.memoryUsage = watch(process.memoryUsage);
performance.now = watch(performance.now);
globalThis.gc = watch(globalThis.gc);

function usedMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

/** The places that ran since the last call, one bit each. */
function takeHits(): string {
  const bits = Buffer.alloc(Math.ceil(hits.length / 8));
  for (let i = 0; i < hits.length; i++) if (hits[i] === 1) bits[i >> 3]! |= 1 << (i & 7);
  hits.fill(0);
  return bits.toString('base64');
}

async function load(stage: number, bundle: string): Promise<DeclaredTest[]> {
  deadlineMs[0] = usedMs() + LIMIT_MS;
  try {
    await import(bundle);
    const tests = takeDeclared();
    report({ kind: 'loaded', stage, hits: takeHits() });
    return tests;
  } catch (error) {
    report({ kind: 'loaded', stage, hits: takeHits(), error: String(error) });
    return [];
  }
}

async function runTest({ run, ids }: DeclaredTest, limitMs: number, isSurvey: boolean): Promise<boolean> {
  const beganMs = usedMs();
  deadlineMs[0] = beganMs + limitMs;
  let error: string | undefined;
  measures = false;
  try {
    await run();
  } catch (thrown) {
    error = String(thrown).slice(0, 300);
  }
  report({
    kind: 'ended',
    cpuMs: Math.round(usedMs() - beganMs),
    hits: isSurvey ? takeHits() : '',
    measures,
    ids: [...ids],
    ...(error === undefined ? {} : { error }),
  });
  return error === undefined;
}

async function runJob({ isSurvey, stages }: Job): Promise<void> {
  const loaded = new Map<string, DeclaredTest[]>();
  for (const [stage, { bundle, tests, limitsMs }] of stages.entries()) {
    const known = loaded.get(bundle) ?? (await load(stage, bundle));
    loaded.set(bundle, known);
    for (const [i, test] of (tests ?? [...known.keys()]).entries()) {
      const declared = known[test];
      if (declared === undefined) continue;
      report({ kind: 'test', stage, test, title: declared.title });
      if (!(await runTest(declared, limitsMs[i] ?? LIMIT_MS, isSurvey)) && !isSurvey) return;
    }
  }
  report({ kind: 'done' });
}

await runJob(JSON.parse(process.argv[2]!) as Job);
process.exit(0);

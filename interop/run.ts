import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@tsquic/simulator';
import type { Case } from './cases/case.ts';
import { createCertificates, type RunCertificates } from './certificates.ts';
import { createFiles } from './files.ts';
import type { Installed } from './installed.ts';
import { JobQueue } from './job-queue.ts';
import { RelayThread } from './network/relay-thread.ts';
import type { Options } from './options.ts';
import { SELF } from './peers/catalogue.ts';
import { commandLine } from './peers/command-line/peer.ts';
import type { Cell, Role } from './report.ts';
import { runTrial } from './trial.ts';
import { type Verdict, verdictOfAll, verdictText } from './verdict.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Where runs leave what they have found. */
export const RUNS_DIRECTORY: string = fileURLToPath(new URL('.run/', import.meta.url));
const KEPT_RUNS = 4;

/** A cell of the matrix that is to be run. */
interface Job {
  readonly found: Installed;
  readonly role: Role;
  readonly testCase: Case;
}

/** Runs every cell, those of peers that are there while others are still being installed; in the order of the options. */
export async function runCells(
  options: Options,
  against: Installed,
  installing: readonly Promise<Installed>[],
  say: (line: string) => void,
): Promise<Cell[]> {
  const directory = join(RUNS_DIRECTORY, new Date().toISOString().replace(/[:.]/g, '-'));
  await prune();
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, OWNER), String(process.pid));
  if (options.cases.some(({ crossTraffic }) => crossTraffic)) await commandLine.install();
  const relays = new RelayThread();
  const bench: Bench = {
    options,
    against,
    directory,
    relays,
    certificates: await createCertificates(directory),
  };
  for (const testCase of options.cases) await createFiles(rootOf(bench, testCase), testCase.files);
  const queue = new JobQueue(installing.map((found) => found.then((one) => jobsOf(one, options))));
  const count = options.peers.reduce((sum, peer) => sum + jobCount(peer.name, options), 0);
  const cells: Cell[] = [];
  const runLane = async (): Promise<void> => {
    for (let job = await queue.next(); job !== undefined; job = await queue.next()) {
      const cell = await runCell(bench, job);
      cells.push(cell);
      const place = `[${cells.length}/${count}] ${cell.peer} as ${cell.role}, ${cell.testCase}`;
      say(`${place}: ${verdictText(cell.verdict)} (${cell.seconds.toFixed(1)} s)`);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.lanes }, runLane));
  } finally {
    await relays.end();
    await rm(join(directory, 'files'), { recursive: true, force: true });
  }
  return options.peers.flatMap((peer) => cells.filter((cell) => cell.peer === peer.name));
}

/** What the cells of a run share. */
interface Bench {
  readonly options: Options;
  readonly against: Installed;
  readonly directory: string;
  readonly relays: RelayThread;
  readonly certificates: RunCertificates;
}

function rootOf({ directory }: Bench, testCase: Case): string {
  return join(directory, 'files', testCase.name);
}

/** The longest first, so that no lane is left alone with one of them. */
function jobsOf(found: Installed, options: Options): Job[] {
  const roles = found.peer.name === SELF ? options.roles.slice(0, 1) : options.roles;
  const cases = [...options.cases].sort((a, b) => b.timeoutMs - a.timeoutMs);
  return roles.flatMap((role) => cases.map((testCase) => ({ found, role, testCase })));
}

function jobCount(peer: string, { roles, cases }: Options): number {
  return (peer === SELF ? 1 : roles.length) * cases.length;
}

async function runCell(bench: Bench, job: Job): Promise<Cell> {
  const { options, directory } = bench;
  const { found, role, testCase } = job;
  const name = `${found.peer.name}-${role}-${testCase.name}`;
  const startedAt = performance.now();
  const verdicts: Verdict[] = [];
  for (let turn = 0; turn < options.repeat; turn++) {
    const place = join(directory, options.repeat === 1 ? name : `${name}-${turn + 1}`);
    verdicts.push(await runTurn(bench, job, place, seedOf(options.seed, name, turn)));
    // A second time tells nothing of what cannot be run.
    if (verdicts.at(-1)?.outcome === 'unsupported' || found.failure !== '') break;
  }
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  const log = relative(repository, join(directory, name));
  const verdict = verdictOfAll(verdicts);
  const goodputs = verdicts.flatMap((one) => (one.outcome === 'passed' && one.goodput) || []);
  return { peer: found.peer.name, role, testCase: testCase.name, verdict, goodputs, seconds, log };
}

function runTurn(
  bench: Bench,
  { found, role, testCase }: Job,
  place: string,
  seed: number,
): Promise<Verdict> {
  if (found.failure !== '') return Promise.resolve({ outcome: 'not installed', reason: found.failure });
  const { against, certificates, relays, options } = bench;
  const [client, server] = role === 'client' ? [found.peer, against.peer] : [against.peer, found.peer];
  const { capture } = options;
  const root = rootOf(bench, testCase);
  return runTrial({ client, server, testCase, certificates, root, directory: place, relays, seed, capture });
}

/** Its own for each cell and turn, whatever else is run. */
function seedOf(seed: number, cell: string, turn: number): number {
  return createRandom(seed)
    .fork(`${cell} ${turn}`)
    .integer(2 ** 32);
}

/** Of a run: the process that plays it. */
const OWNER = 'pid';

/** Keeps the newest runs only, and those that are being played: captures are large. */
async function prune(): Promise<void> {
  await mkdir(RUNS_DIRECTORY, { recursive: true });
  const names = (await readdir(RUNS_DIRECTORY, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  for (const name of names.slice(0, Math.max(0, names.length - KEPT_RUNS + 1))) {
    const directory = join(RUNS_DIRECTORY, name);
    if (!(await isPlayed(directory))) await rm(directory, { recursive: true, force: true });
  }
}

/** Whether the process of a run is still there. */
async function isPlayed(directory: string): Promise<boolean> {
  const owner = Number(await readFile(join(directory, OWNER), 'utf8').catch(() => ''));
  try {
    return owner > 0 && process.kill(owner, 0);
  } catch {
    return false;
  }
}

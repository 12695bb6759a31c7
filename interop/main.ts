import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case } from './cases/case.ts';
import { createCertificates } from './certificates.ts';
import { createFiles } from './files.ts';
import { PEERS_DIRECTORY } from './install.ts';
import { type Options, readOptions, USAGE, UsageFault } from './options.ts';
import type { Peer } from './peer.ts';
import {
  type Cell,
  type Installed,
  type Report,
  reportJson,
  reportText,
  totals,
  verdictText,
} from './report.ts';
import { runTrial, type Verdict } from './trial.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const runs = fileURLToPath(new URL('.run/', import.meta.url));
const KEPT_RUNS = 4;

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  console.error(error instanceof UsageFault ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = 2;
}

async function main(options: Options): Promise<number> {
  const say = options.json ? console.error : console.log;
  await mkdir(PEERS_DIRECTORY, { recursive: true });
  const installed: Installed[] = [];
  for (const peer of new Set([options.against, ...options.peers])) {
    const found = await install(peer);
    say(`${peer.name} (${peer.about}): ${found.failure === '' ? found.version : found.failure}`);
    installed.push(found);
  }
  const find = (peer: Peer): Installed[] => installed.filter((found) => found.peer === peer);
  const [against] = find(options.against);
  if (against === undefined || against.failure !== '') {
    console.error(`nothing to test against: ${against?.failure ?? ''}`);
    return 2;
  }
  const peers = options.peers.flatMap(find);
  const report = { against, peers, cases: options.cases, cells: await runAll(options, against, peers, say) };
  console.log(options.json ? reportJson(report) : `\n${reportText(report)}`);
  return totals(report).failed === 0 ? 0 : 1;
}

async function install(peer: Peer): Promise<Installed> {
  try {
    return { peer, version: await peer.install(), failure: '' };
  } catch (error) {
    return { peer, version: '', failure: `cannot be installed: ${(error as Error).message}` };
  }
}

async function runAll(
  options: Options,
  against: Installed,
  peers: readonly Installed[],
  say: (line: string) => void,
): Promise<Report['cells']> {
  const run = join(runs, new Date().toISOString().replace(/[:.]/g, '-'));
  await prune();
  await mkdir(run, { recursive: true });
  const certificates = await createCertificates(run);
  const root = (testCase: Case): string => join(run, 'files', testCase.name);
  for (const testCase of options.cases) await createFiles(root(testCase), testCase.files);

  const cells: Cell[] = [];
  const count = peers.length * options.roles.length * options.cases.length;
  for (const { peer, failure } of peers) {
    for (const role of options.roles) {
      for (const testCase of options.cases) {
        const directory = join(run, `${peer.name}-${role}-${testCase.name}`);
        const [client, server] = role === 'client' ? [peer, against.peer] : [against.peer, peer];
        const startedAt = performance.now();
        const verdict: Verdict =
          failure === ''
            ? await runTrial({
                client,
                server,
                testCase,
                certificates,
                directory,
                peerRole: role,
                root: root(testCase),
                capture: options.capture,
              })
            : { outcome: 'FAIL', complaints: [failure] };
        const seconds = Math.round(performance.now() - startedAt) / 1000;
        const log = relative(repository, directory);
        cells.push({ peer: peer.name, role, testCase: testCase.name, verdict, seconds, log });
        const place = `[${cells.length}/${count}] ${peer.name} as ${role}, ${testCase.name}`;
        say(`${place}: ${verdictText(verdict)} (${seconds.toFixed(1)} s)`);
      }
    }
  }
  await rm(join(run, 'files'), { recursive: true, force: true });
  return cells;
}

/** Keeps the newest runs only: captures are large. */
async function prune(): Promise<void> {
  await mkdir(runs, { recursive: true });
  const names = (await readdir(runs)).sort();
  for (const name of names.slice(0, Math.max(0, names.length - KEPT_RUNS + 1)))
    await rm(join(runs, name), { recursive: true, force: true });
}

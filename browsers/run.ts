import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser as Driver } from 'puppeteer-core';
import { bundle } from '../interop/bundle.ts';
import { type Certificates, createUsualCertificates } from '../interop/certificates.ts';
import { tellingLine } from '../interop/output.ts';
import { Subprocess } from '../interop/process.ts';
import type { Site } from './browser.ts';
import type { CaseName, PageAnswer } from './cases.ts';
import type { InstalledBrowser } from './install.ts';
import type { Options } from './options.ts';
import { bundlePage } from './page-bundle.ts';
import { type Cell, cellOf, type Turn } from './report.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const RUNS_DIRECTORY = fileURLToPath(new URL('.run/', import.meta.url));
const KEPT_RUNS = 4;
const CASE_PATIENCE_MS = 300_000;
const READY_PATIENCE_MS = 60_000;

/** Runs every case in every browser that is there, one after the other. */
export async function runBrowsers(
  options: Options,
  installed: readonly InstalledBrowser[],
  say: (line: string) => void,
): Promise<Cell[]> {
  const directory = join(RUNS_DIRECTORY, new Date().toISOString().replace(/[:.]/g, '-'));
  await prune();
  await mkdir(directory, { recursive: true });
  const certificates = await createUsualCertificates(directory);
  await bundle({ server: join(repository, 'browsers/server/main.ts') }, directory);
  await bundlePage(join(directory, 'page.js'));
  const bench: Bench = { options, directory, certificates };
  const cells: Cell[] = [];
  for (const found of installed) cells.push(...(await runBrowser(bench, found, say)));
  return cells;
}

interface Bench {
  readonly options: Options;
  readonly directory: string;
  readonly certificates: Certificates;
}

async function runBrowser(
  bench: Bench,
  found: InstalledBrowser,
  say: (line: string) => void,
): Promise<Cell[]> {
  const { cases, repeat } = bench.options;
  const { name } = found.browser;
  if (found.failure !== '')
    return cases.map((testCase) => ({
      ...cellOf(name, testCase, []),
      outcome: 'not installed' as const,
      reason: found.failure,
    }));
  const turns = new Map<CaseName, Turn[]>(cases.map((testCase) => [testCase, []]));
  for (let turn = 1; turn <= repeat; turn++) {
    const place = join(bench.directory, repeat === 1 ? name : `${name}-${turn}`);
    await runTurn(bench, found, place, (testCase, answer) => {
      turns.get(testCase)?.push({ ...answer, log: relative(repository, place) });
      const reason = answer.reason === '' ? '' : `: ${answer.reason}`;
      say(`${name}, ${testCase}: ${answer.outcome}${reason} (${answer.milliseconds} ms)`);
    });
  }
  return cases.map((testCase) => cellOf(name, testCase, turns.get(testCase) ?? []));
}

/** All cases once, with a server and a profile of their own. */
async function runTurn(
  bench: Bench,
  { browser, path }: InstalledBrowser,
  directory: string,
  tell: (testCase: CaseName, answer: PageAnswer) => void,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { authority, certificate, key } = bench.certificates;
  const argv = [process.execPath, join(bench.directory, 'server.mjs'), certificate, key];
  const logs = bench.options.logs ? [directory] : [];
  const server = new Subprocess(
    { argv: [...argv, join(bench.directory, 'page.js'), ...logs] },
    join(directory, 'server.log'),
    directory,
  );
  let driver: Driver | undefined;
  try {
    if (!(await server.printed(/listening on .*\n/, READY_PATIENCE_MS)))
      throw new Error(`the server did not get ready${tellingLine(server.output)}`);
    const port = Number(/listening on .*:(\d+)/.exec(server.output)?.[1]);
    const publicKeyHash = await publicKeyHashOf(certificate);
    const site: Site = { port, publicKeyHash, authority, directory, logs: bench.options.logs };
    driver = await browser.launch(path, site);
    for (const testCase of bench.options.cases) {
      const answer = await runCase(driver, browser.origin(site), testCase);
      const fault = server.running ? answer : failed(`the server has ended${tellingLine(server.output)}`);
      tell(testCase, fault);
    }
  } finally {
    if (driver !== undefined) await quit(driver);
    await server.stop();
    await rm(join(directory, 'profile'), { recursive: true, force: true, maxRetries: 5 });
  }
}

function failed(reason: string, milliseconds = 0): PageAnswer {
  return { outcome: 'failed', reason, milliseconds };
}

/** One case in a page of its own. */
async function runCase(driver: Driver, origin: string, testCase: CaseName): Promise<PageAnswer> {
  const page = await driver.newPage();
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<PageAnswer>((resolve) => {
    timer = setTimeout(() => resolve(failed(`no end in ${CASE_PATIENCE_MS / 1000} s`)), CASE_PATIENCE_MS);
  });
  const run = async (): Promise<PageAnswer> => {
    await page.goto(`${origin}/?number=${testCase}-${startedAt}`, { timeout: CASE_PATIENCE_MS });
    return (await page.evaluate(`runCase(${JSON.stringify(testCase)})`)) as PageAnswer;
  };
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    return failed((error as Error).message.split('\n', 1)[0] ?? '', performance.now() - startedAt);
  } finally {
    clearTimeout(timer);
    await Promise.race([page.close().catch(() => {}), pause(QUIT_PATIENCE_MS)]);
  }
}

const QUIT_PATIENCE_MS = 5000;

/** Firefox does not always come to its end: it is made to. */
async function quit(driver: Driver): Promise<void> {
  const program = driver.process();
  await Promise.race([driver.close().catch(() => {}), pause(QUIT_PATIENCE_MS)]);
  if (program !== null && program.exitCode === null && program.signalCode === null) program.kill('SIGKILL');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}

async function publicKeyHashOf(certificate: string): Promise<string> {
  const { publicKey } = new X509Certificate(await readFile(certificate));
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

/** Keeps the newest runs only. */
async function prune(): Promise<void> {
  await mkdir(RUNS_DIRECTORY, { recursive: true });
  const names = (await readdir(RUNS_DIRECTORY)).sort();
  for (const name of names.slice(0, Math.max(0, names.length - KEPT_RUNS + 1)))
    await rm(join(RUNS_DIRECTORY, name), { recursive: true, force: true });
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { PEERS_DIRECTORY } from './install.ts';
import { type Installed, installPeer } from './installed.ts';
import { installJudge } from './judge/judge.ts';
import { type Options, readOptions, USAGE, UsageFault } from './options.ts';
import type { Peer } from './peer.ts';
import { SELF } from './peers/catalogue.ts';
import { reportHtml } from './report-page.ts';
import { reportJson, reportText, totals } from './report.ts';
import { runCells, RUNS_DIRECTORY } from './run.ts';

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
  const begin = async (peer: Peer): Promise<Installed> => {
    const found = await installPeer(peer);
    say(`${peer.name} (${peer.about}): ${found.failure === '' ? found.version : found.failure}`);
    return found;
  };
  const against = await begin(options.against);
  if (against.failure !== '') {
    console.error(`nothing to test against: ${against.failure}`);
    return 2;
  }
  const isJudged = options.cases.some(({ judgedAs }) => judgedAs !== '');
  const judge = isJudged ? await installJudge() : '';
  if (isJudged) say(judge);
  say(`seed ${options.seed}`);
  // Builds take minutes of a processor: meanwhile the peers that are there have their turn.
  const installing = options.peers.map((peer) =>
    peer.name === SELF ? Promise.resolve({ ...against, peer }) : begin(peer),
  );
  const cells = await runCells(options, against, installing, say);
  const peers = await Promise.all(installing);
  const report = { against, peers, cases: options.cases, cells, seed: options.seed, judge };
  const page = join(RUNS_DIRECTORY, 'report.html');
  await writeFile(page, reportHtml(report));
  console.log(options.json ? reportJson(report) : `\n${reportText(report)}`);
  say(`${relative(process.cwd(), page)} has the same as a page`);
  // Who is asked for by name has to be there.
  const isMissing = options.namesPeers && peers.some(({ failure }) => failure !== '');
  return totals(report).failed === 0 && !isMissing ? 0 : 1;
}

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Address } from '@tsquic/quic-core';
import type { Evidence } from './cases/case.ts';
import { ENDPOINT } from './cases/webtransport.ts';
import { collectEvidence } from './evidence.ts';
import { type Meeting, type Pair, runPair } from './meeting.ts';
import { openRelay } from './network/open-relay.ts';
import type { RelayPlan } from './network/plan.ts';
import type { RelayThread } from './network/relay-thread.ts';
import { clientOrder, type OrderParts, receivedDirectory, serverOrder, sessionDirectory } from './orders.ts';
import { isUnsupported, type Peer, type Unsupported } from './peer.ts';
import { Rival } from './rival.ts';
import { reserveServerPort } from './server-port.ts';
import type { Verdict } from './verdict.ts';

/** Two peers, a case, and where the run keeps things. */
export interface Trial extends Omit<OrderParts, 'byHandshake'> {
  readonly client: Peer;
  readonly server: Peer;
  readonly relays: RelayThread;
  /** Of what the network draws. */
  readonly seed: number;
  /** Keep the captures of what passed as well. */
  readonly capture: boolean;
}

/** Starts the server, runs the client against it through the case's network and judges what came of it. */
export async function runTrial(trial: Trial): Promise<Verdict> {
  const { testCase, directory } = trial;
  const parts = { ...trial, byHandshake: isByHandshake(trial) };
  if (testCase.notHere !== '') return { outcome: 'unsupported', reason: testCase.notHere };
  const silence = silenceOf(trial);
  if (silence !== undefined) return { outcome: 'unsupported', reason: silence };
  if (parts.byHandshake && !testCase.handshakeSuffices)
    return { outcome: 'unsupported', reason: 'the peer speaks HTTP/3 only' };

  await prepareDirectories(trial);
  const { port, release } = await reserveServerPort(testCase.host);
  const outcome = await meet(trial, parts, port).finally(release);
  if (isUnsupported(outcome)) {
    await rm(directory, { recursive: true });
    return { outcome: 'unsupported', reason: outcome.unsupported };
  }
  const { complaints, goodput } = outcome;
  await rm(receivedDirectory(trial), { recursive: true });
  if (complaints.length > 0) return { outcome: 'failed', complaints };
  if (!trial.capture) await Promise.all(Object.values(capturePaths(trial)).map((file) => rm(file)));
  return { outcome: 'passed', ...(goodput !== undefined && { goodput }) };
}

/** What one of the two does not speak, and the case needs. */
function silenceOf({ client, server, testCase }: Trial): string | undefined {
  for (const peer of [client, server]) {
    if (testCase.webTransport !== undefined && peer.speaksWebTransport !== true)
      return `the program of ${peer.name} here has no WebTransport`;
    if (testCase.webTransport === undefined && peer.application === 'webtransport')
      return 'the peer speaks WebTransport only';
    if (testCase.http3 && !speaksHttp3(peer)) return `the program of ${peer.name} here has HTTP/0.9 alone`;
  }
  return undefined;
}

async function prepareDirectories(trial: Trial): Promise<void> {
  await mkdir(receivedDirectory(trial), { recursive: true });
  if (trial.testCase.webTransport === undefined) return;
  for (const side of ['client', 'server'] as const)
    await mkdir(sessionDirectory(trial, side), { recursive: true });
  await mkdir(join(sessionDirectory(trial, 'nothing'), ENDPOINT), { recursive: true });
}

function speaksHttp3({ application, speaksHttp3: isAble = false }: Peer): boolean {
  return isAble || application === 'h3';
}

function isByHandshake({ client, server, testCase }: Trial): boolean {
  if (testCase.http3 || testCase.webTransport !== undefined) return false;
  return client.application === 'h3' || server.application === 'h3';
}

/** What came of a meeting of both. */
type Outcome = Pick<Evidence, 'goodput'> & { readonly complaints: readonly string[] };

/** Lets both meet, and judges what they left; or why they cannot meet. */
async function meet(trial: Trial, parts: OrderParts, port: number): Promise<Outcome | Unsupported> {
  const { testCase, directory } = trial;
  const captures = capturePaths(trial);
  const rival = testCase.crossTraffic
    ? await Rival.open(testCase.host, trial.certificates.usual, directory)
    : undefined;
  const plan = relayPlan(trial, port, rival?.address);
  const relay = await (testCase.isMarked ? openRelay(plan, captures) : trial.relays.open(plan, captures));
  let meeting: Meeting | Unsupported;
  let counts;
  try {
    const [first, ...others] = relay.fronts;
    const preferred = testCase.prefersAddress ? others[0] : undefined;
    const pair = commands(trial, serverOrder(parts, port, preferred), clientOrder(parts, first!.port));
    rival?.begin(others.at(-1)!);
    meeting = isUnsupported(pair) ? pair : await runPair(pair, { testCase, port, directory });
  } finally {
    await rival?.end();
    counts = await relay.close();
  }
  if (isUnsupported(meeting)) return meeting;
  const { complaints, account } = meeting;
  if (account === undefined) return { complaints, goodput: undefined };
  const fronts = testCase.prefersAddress ? relay.fronts.slice(0, 2) : relay.fronts.slice(0, 1);
  const evidence = await collectEvidence(parts, { account, captures, counts, fronts, port });
  return { complaints: [...complaints, ...testCase.judge(evidence)], goodput: evidence.goodput };
}

/** Clients reach the server at one address, and at a second one if it is to prefer that; behind the last is the rival. */
function relayPlan({ testCase, seed }: Trial, port: number, rival: Address | undefined): RelayPlan {
  const { host: ip, prefersAddress } = testCase;
  const front = { listen: { ip, port: 0 }, server: { ip, port }, isWatched: true };
  return {
    network: testCase.network(seed),
    fronts: [
      front,
      ...(prefersAddress ? [front] : []),
      ...(rival === undefined ? [] : [{ ...front, server: rival, isWatched: false }]),
    ],
  };
}

function commands(
  { client, server }: Trial,
  ...[serving, fetching]: [ReturnType<typeof serverOrder>, ReturnType<typeof clientOrder>]
): Pair | Unsupported {
  if (serving.multipath)
    for (const { name, speaksMultipath } of [server, client])
      if (speaksMultipath !== true) return { unsupported: `${name}: no multipath` };
  const [serve, fetch] = [server.serve(serving), client.fetch(fetching)];
  if (isUnsupported(serve)) return { unsupported: `${server.name}: ${serve.unsupported}` };
  if (isUnsupported(fetch)) return { unsupported: `${client.name}: ${fetch.unsupported}` };
  return { serving: serve, fetching: fetch };
}

function capturePaths({ directory }: Trial): { readonly left: string; readonly right: string } {
  return { left: join(directory, 'left.pcap'), right: join(directory, 'right.pcap') };
}

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case, Evidence } from './cases/case.ts';
import type { Certificates } from './certificates.ts';
import { compareFiles } from './files.ts';
import { type ClientOrder, type Command, isUnsupported, type Peer, type ServerOrder } from './peer.ts';
import { type Ending, Subprocess } from './process.ts';
import { updatedPackets } from './wire/key-phase.ts';
import { observe } from './wire/observation.ts';
import { encodePcap } from './wire/pcap.ts';
import { openTap, type Tap } from './wire/tap.ts';
import { probeVersions } from './wire/version-probe.ts';

/** Two peers, a case, and where the run keeps things. */
export interface Trial {
  readonly client: Peer;
  readonly server: Peer;
  readonly testCase: Case;
  readonly certificates: Certificates;
  /** The originals of the case's files. */
  readonly root: string;
  /** For logs, captures and what the client receives. */
  readonly directory: string;
  /** Which side is the other people's, and so acts where a case asks for it. */
  readonly peerRole: 'client' | 'server';
  /** Capture even where the case does not ask for it. */
  readonly capture: boolean;
}

/** How a trial went: passed without complaints, or not applicable for a reason. */
export type Verdict =
  | { readonly outcome: 'ok' }
  | { readonly outcome: 'FAIL'; readonly complaints: readonly string[] }
  | { readonly outcome: 'n/a'; readonly reason: string };

/** Starts the server, runs the client against it and judges what came of it. */
export async function runTrial(trial: Trial): Promise<Verdict> {
  const { client, server, testCase, directory } = trial;
  const byHandshake = client.application === 'h3' || server.application === 'h3';
  if (byHandshake && !testCase.handshakeSuffices)
    return { outcome: 'n/a', reason: 'the peer speaks HTTP/3 only' };

  const { host } = testCase;
  const port = await freePort(host);
  const tap = testCase.tapped || trial.capture ? await openTap(host, port) : undefined;
  try {
    const serving = server.serve(serverOrder(trial, byHandshake, port));
    if (isUnsupported(serving)) return notApplicable(server, serving.unsupported);
    const fetching = client.fetch(clientOrder(trial, byHandshake, tap?.port ?? port));
    if (isUnsupported(fetching)) return notApplicable(client, fetching.unsupported);
    const complaints = await runPair(trial, { serving, fetching, port, tap, byHandshake });
    return complaints.length === 0 ? { outcome: 'ok' } : { outcome: 'FAIL', complaints };
  } finally {
    tap?.close();
    if (tap !== undefined && tap.datagrams.length > 0)
      await writeFile(join(directory, 'wire.pcap'), encodePcap(tap.datagrams, { host, serverPort: port }));
  }
}

/** Two commands that are to meet at a port. */
interface Pair {
  readonly serving: Command;
  readonly fetching: Command;
  readonly port: number;
  readonly tap: Tap | undefined;
  readonly byHandshake: boolean;
}

async function runPair(trial: Trial, pair: Pair): Promise<string[]> {
  const { testCase, directory } = trial;
  const { host } = testCase;
  const received = join(directory, 'received');
  await mkdir(received, { recursive: true });
  const server = new Subprocess(pair.serving, join(directory, 'server.log'), directory);
  try {
    const complaints = await waitUntilReady(server, pair.serving, host, pair.port);
    if (complaints.length > 0) return complaints;
    if (testCase.probesVersions)
      complaints.push(...(await probeVersions(host, pair.port, PROBE_PATIENCE_MS)));
    complaints.push(...testCase.judge(await runClient(trial, pair)));
    if (complaints.length > 0 && !server.running) complaints.push('the server ended meanwhile');
    return complaints;
  } finally {
    await server.stop();
    await rm(received, { recursive: true, force: true });
  }
}

const READY_PATIENCE_MS = 15_000;
const PROBE_PATIENCE_MS = 3000;
const PROBE_INTERVAL_MS = 100;

function notApplicable(peer: Peer, reason: string): Verdict {
  return { outcome: 'n/a', reason: `${peer.name}: ${reason}` };
}

function serverOrder(trial: Trial, byHandshake: boolean, port: number): ServerOrder {
  const { certificate, key } = trial.certificates;
  const { host, retry, keyUpdate } = trial.testCase;
  const keyLog = join(trial.directory, 'server.keys');
  const alpn = alpnFor(byHandshake);
  const updatesKeys = keyUpdate && trial.peerRole === 'server';
  return { host, port, root: trial.root, certificate, key, alpn, keyLog, retry, updatesKeys };
}

function alpnFor(byHandshake: boolean): string {
  return byHandshake ? 'h3' : 'hq-interop';
}

function clientOrder(trial: Trial, byHandshake: boolean, port: number): ClientOrder {
  const { host, files, client } = trial.testCase;
  const paths = files.map((file) => file.name);
  return {
    host,
    port,
    alpn: alpnFor(byHandshake),
    handshakeOnly: byHandshake,
    updatesKeys: trial.testCase.keyUpdate && trial.peerRole === 'client',
    paths: byHandshake ? paths.slice(0, 1) : paths,
    out: join(trial.directory, 'received'),
    authority: trial.certificates.authority,
    keyLog: join(trial.directory, 'client.keys'),
    cipher: client.cipher,
    version: client.version,
  };
}

async function runClient(trial: Trial, { fetching, tap, byHandshake }: Pair): Promise<Evidence> {
  const { testCase, directory, root } = trial;
  const client = new Subprocess(fetching, join(directory, 'client.log'), directory);
  const ending = await client.ended(testCase.timeoutMs);
  const wire = tap === undefined ? undefined : observe(tap.datagrams);
  const files = byHandshake ? [] : testCase.files;
  return {
    clientSucceeded: ending.matchedSuccess || (ending.code === 0 && client.failure === ''),
    clientFault:
      client.failure === ''
        ? describeEnding(ending, client.output, testCase.timeoutMs)
        : `the client ${client.failure}`,
    abandonedVersion: fetching.abandons?.test(client.output) ?? false,
    fileFaults: await compareFiles(root, join(directory, 'received'), files),
    wire,
    updated:
      wire === undefined || tap === undefined || !testCase.keyUpdate
        ? undefined
        : updatedPackets(tap.datagrams, wire, await readKeyLog(directory)),
  };
}

/** Whatever either side logged: the secrets are the same. */
async function readKeyLog(directory: string): Promise<string> {
  const logs = ['client.keys', 'server.keys'].map((name) =>
    readFile(join(directory, name), 'utf8').catch(() => ''),
  );
  return (await Promise.all(logs)).join('\n');
}

/** The last line that speaks of an error, or else the last one, in brackets. */
function tellingLine(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const line = lines.findLast((one) => /error/i.test(one)) ?? lines.at(-1);
  return line === undefined ? '' : ` (${line.trim().slice(0, SHOWN_OUTPUT)})`;
}

const SHOWN_OUTPUT = 120;

function describeEnding(ending: Ending, output: string, timeoutMs: number): string {
  if (ending.timedOut) return `the client did not finish in ${timeoutMs / 1000} s`;
  if (ending.signal !== undefined) return `the client died of ${ending.signal}`;
  return `the client ended with exit code ${ending.code}${tellingLine(output)}`;
}

async function waitUntilReady(
  server: Subprocess,
  command: Command,
  host: string,
  port: number,
): Promise<string[]> {
  if (command.ready !== undefined) {
    if (await server.printed(command.ready, READY_PATIENCE_MS)) return [];
  } else {
    const deadline = performance.now() + READY_PATIENCE_MS;
    while (server.running && performance.now() < deadline) {
      if ((await probeVersions(host, port, PROBE_INTERVAL_MS)).length === 0) return [];
    }
  }
  if (server.failure !== '') return [`the server ${server.failure}`];
  return [
    server.running
      ? 'the server did not get ready'
      : `the server ended before it was ready${tellingLine(server.output)}`,
  ];
}

async function freePort(host: string): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case, Evidence } from './cases/case.ts';
import type { Certificates } from './certificates.ts';
import { compareFiles } from './files.ts';
import { type ClientOrder, type Command, isUnsupported, type Peer, type ServerOrder } from './peer.ts';
import { type Ending, Subprocess } from './process.ts';
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
  const { client, server, testCase } = trial;
  const byHandshake = client.application === 'h3' || server.application === 'h3';
  if (byHandshake && !testCase.handshakeSuffices)
    return { outcome: 'n/a', reason: 'the peer speaks HTTP/3 only' };

  const alpn = byHandshake ? 'h3' : 'hq-interop';
  const port = await freePort(testCase.host);
  const serverCommand = server.serve(serverOrder(trial, alpn, port));
  if (isUnsupported(serverCommand)) return notApplicable(server, serverCommand.unsupported);
  const clientFor = (at: number): ReturnType<Peer['fetch']> =>
    client.fetch(clientOrder(trial, alpn, at, byHandshake));
  const refusal = clientFor(port);
  if (isUnsupported(refusal)) return notApplicable(client, refusal.unsupported);

  await mkdir(join(trial.directory, 'received'), { recursive: true });
  const running = new Subprocess(serverCommand, join(trial.directory, 'server.log'), trial.directory);
  let tap: Tap | undefined;
  try {
    const complaints = await waitUntilReady(running, serverCommand, testCase.host, port);
    if (complaints.length > 0) return { outcome: 'FAIL', complaints };
    if (testCase.probesVersions)
      complaints.push(...(await probeVersions(testCase.host, port, PROBE_PATIENCE_MS)));
    if (testCase.tapped || trial.capture) tap = await openTap(testCase.host, port);
    const command = clientFor(tap?.port ?? port);
    if (isUnsupported(command)) return notApplicable(client, command.unsupported);
    const evidence = await runClient(trial, command, tap, byHandshake);
    complaints.push(...testCase.judge(evidence));
    if (complaints.length > 0 && !running.running) complaints.push('the server ended meanwhile');
    return complaints.length === 0 ? { outcome: 'ok' } : { outcome: 'FAIL', complaints };
  } finally {
    tap?.close();
    await running.stop();
    if (tap !== undefined) {
      const capture = encodePcap(tap.datagrams, { host: testCase.host, serverPort: port });
      await writeFile(join(trial.directory, 'wire.pcap'), capture);
    }
    await rm(join(trial.directory, 'received'), { recursive: true, force: true });
  }
}

const READY_PATIENCE_MS = 15_000;
const PROBE_PATIENCE_MS = 3000;
const PROBE_INTERVAL_MS = 100;

function notApplicable(peer: Peer, reason: string): Verdict {
  return { outcome: 'n/a', reason: `${peer.name}: ${reason}` };
}

function serverOrder(trial: Trial, alpn: string, port: number): ServerOrder {
  const { certificate, key } = trial.certificates;
  const { host, retry } = trial.testCase;
  const keyLog = join(trial.directory, 'server.keys');
  return { host, port, root: trial.root, certificate, key, alpn, keyLog, retry };
}

function clientOrder(trial: Trial, alpn: string, port: number, handshakeOnly: boolean): ClientOrder {
  const { host, files, client } = trial.testCase;
  const paths = files.map((file) => file.name);
  return {
    ...{ host, port, alpn, handshakeOnly },
    paths: handshakeOnly ? paths.slice(0, 1) : paths,
    out: join(trial.directory, 'received'),
    authority: trial.certificates.authority,
    keyLog: join(trial.directory, 'client.keys'),
    cipher: client.cipher,
    version: client.version,
  };
}

async function runClient(
  trial: Trial,
  command: Command,
  tap: Tap | undefined,
  byHandshake: boolean,
): Promise<Evidence> {
  const { testCase, directory, root } = trial;
  const client = new Subprocess(command, join(directory, 'client.log'), directory);
  const ending = await client.ended(testCase.timeoutMs);
  const files = byHandshake ? [] : testCase.files;
  return {
    clientSucceeded: ending.matchedSuccess || (ending.code === 0 && client.failure === ''),
    clientFault:
      client.failure === '' ? describeEnding(ending, testCase.timeoutMs) : `the client ${client.failure}`,
    clientOutput: client.output,
    fileFaults: await compareFiles(root, join(directory, 'received'), files),
    wire: tap === undefined ? undefined : observe(tap.datagrams),
  };
}

function describeEnding(ending: Ending, timeoutMs: number): string {
  if (ending.timedOut) return `the client did not finish in ${timeoutMs / 1000} s`;
  if (ending.signal !== undefined) return `the client died of ${ending.signal}`;
  return `the client ended with exit code ${ending.code}`;
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
  return [server.running ? 'the server did not get ready' : 'the server ended before it was ready'];
}

async function freePort(host: string): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

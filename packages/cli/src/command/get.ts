import { lookup } from 'node:dns/promises';
import { mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { controllerByName } from '@tsquic/congestion';
import type { CryptoProvider } from '@tsquic/crypto';
import type { Tracer } from '@tsquic/quic-core';
import type { Arguments } from '../arguments.ts';
import { ClientConnection, type ClientSettings } from '../client-connection.ts';
import { closeFailure } from '../close-failure.ts';
import { cipherSuitesFor, cryptoProviderFor } from '../cryptography.ts';
import { Failure, systemFailure } from '../failure.ts';
import { fetchAll, type FetchResult } from '../fetch.ts';
import { authorityOf, groupByServer, parseTarget, type FetchTarget } from '../fetch-target.ts';
import { keyLogFor } from '../key-log.ts';
import { qlogDirectoryFor } from '../qlog-directory.ts';
import { Progress } from '../progress.ts';
import { parseScenario } from '../scenario.ts';
import { createSink } from '../sink.ts';
import { summaryLine, summaryObject, type Summary } from '../summary.ts';
import type { Terminal } from '../terminal.ts';
import { serverNameFor } from '../server-name.ts';
import { verifierFor } from '../trust.ts';

/** `tsquic get`: resolves with the exit code. Throws a `Failure` for what stands in the way before a packet is sent. */
export async function get(args: Arguments, terminal: Terminal): Promise<number> {
  const targets = targetsOf(args);
  const plan = planPaths(targets, args);
  const crypto = await cryptoProviderFor(args.text('crypto'));
  const qlog = qlogDirectoryFor(args.text('qlog'), terminal.environment);
  const settings = await settingsFrom(args, crypto, terminal, qlog?.tracer);
  if (plan.directory !== '') await makeDirectory(plan.directory);

  const quiet = args.flag('quiet');
  const progress = quiet ? undefined : new Progress(terminal, targets.length);
  const outcome = new Outcome();
  for (const group of groupByServer(targets)) {
    const authority = authorityOf(group[0] as FetchTarget);
    const host = group[0]?.host ?? '';
    const serverName = serverNameFor(args.text('server-name'), host);
    const result = await fetchGroup(group, { ...settings, serverName }, plan, progress);
    outcome.add(result, {
      authority,
      serverName,
      alpn: settings.alpn,
      timeoutMs: settings.handshakeTimeoutMs,
    });
  }
  progress?.stop();
  qlog?.close();
  return report(outcome, targets.length, plan, args, terminal);
}

function targetsOf(args: Arguments): readonly FetchTarget[] {
  const scenario = args.text('scenario');
  if (scenario === undefined) return args.operands.map(parseTarget);
  const [authority = '', ...others] = args.operands;
  if (others.length > 0) throw new Failure('ERR_TSQUIC_USAGE', '--scenario takes one HOST:PORT');
  return parseScenario(scenario, authority);
}

/** Where each file goes: a path, '-' for stdout, '' for nowhere. */
interface Plan {
  readonly directory: string;
  readonly toStdout: boolean;
  readonly checksum: boolean;
  readonly handshakeOnly: boolean;
  pathFor(target: FetchTarget): string;
}

function planPaths(targets: readonly FetchTarget[], args: Arguments): Plan {
  const out = args.text('out');
  const handshakeOnly = args.flag('handshake-only');
  if (out === '-' && targets.length > 1) throw new Failure('ERR_TSQUIC_OUT', '--out - takes one URL');
  const directory = out === undefined || out === '-' || handshakeOnly ? '' : out;
  if (directory !== '') {
    const names = new Set<string>();
    for (const { fileName, url } of targets) {
      if (fileName === '') throw new Failure('ERR_TSQUIC_OUT', `${url} names no file`);
      if (names.has(fileName)) throw new Failure('ERR_TSQUIC_OUT', `two URLs would both become ${fileName}`);
      names.add(fileName);
    }
  }
  return {
    directory,
    toStdout: out === '-',
    checksum: args.flag('checksum') || (out === undefined && !handshakeOnly),
    handshakeOnly,
    pathFor: ({ fileName }) => (out === '-' ? '-' : directory === '' ? '' : join(directory, fileName)),
  };
}

async function settingsFrom(
  args: Arguments,
  crypto: CryptoProvider,
  terminal: Terminal,
  tracer: Tracer | undefined,
): Promise<ClientSettings> {
  return {
    crypto,
    alpn: args.text('alpn') ?? 'hq-interop',
    verifier: args.flag('insecure') ? undefined : await verifierFor(args.list('ca')),
    serverName: '',
    cipherSuites: cipherSuitesFor(args.list('cipher')),
    version: args.number('version'),
    handshakeTimeoutMs: Math.round((args.number('timeout') ?? 10) * 1000),
    maxUdpPayloadBytes: args.number('mtu'),
    onKeyLog: keyLogFor(args.text('keylog'), terminal.environment),
    tracer,
    congestion: controllerByName(args.text('congestion') ?? 'cubic'),
  };
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw systemFailure(error, `make ${directory}`);
  }
}

/** All files of one server. Where its name has several addresses, one that nobody listens at is passed over. */
async function fetchGroup(
  group: readonly FetchTarget[],
  settings: ClientSettings,
  plan: Plan,
  progress: Progress | undefined,
): Promise<FetchResult> {
  const { host, port } = group[0] as FetchTarget;
  const addresses = await addressesOf(host);
  for (const [index, ip] of addresses.entries()) {
    const isLast = index === addresses.length - 1;
    const client = await openClient({ ip, port }, settings);
    if (client === undefined && !isLast) continue;
    if (client === undefined) break;
    const result = await fetchAll(client, {
      targets: plan.handshakeOnly ? [] : group,
      sinkFor: (target) => createSink({ path: plan.pathFor(target), checksum: plan.checksum }),
      onBytes: (count) => progress?.onBytes(count),
      onResult: () => progress?.onFile(),
    });
    client.close();
    if (isLast || result.closeReason?.kind !== 'unreachable') return result;
  }
  throw new Failure('ENETUNREACH', `no route to ${host}`);
}

/** Undefined when this machine cannot reach such an address at all. */
async function openClient(
  to: { ip: string; port: number },
  settings: ClientSettings,
): Promise<ClientConnection | undefined> {
  try {
    return await ClientConnection.open(to, settings);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH' || code === 'EADDRNOTAVAIL') return undefined;
    throw systemFailure(error, `open a socket to ${to.ip}`);
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    throw systemFailure(error, `find ${host}`, 'is the name spelled right?');
  }
}

/** The results of all connections, added up. */
class Outcome {
  readonly failures: unknown[] = [];
  readonly files: Summary['files'][number][] = [];
  seconds = 0;
  handshakeMs: number | undefined = undefined;
  lostPackets = 0;
  packets = 0;
  cipherSuite = '';
  alpn = '';

  add(result: FetchResult, attempt: Parameters<typeof closeFailure>[1]): void {
    this.seconds += result.transferMs / 1000;
    this.handshakeMs ??= result.handshakeMs;
    this.lostPackets += result.lostPackets;
    this.packets += result.packets;
    this.cipherSuite ||= result.cipherSuite;
    this.alpn ||= result.alpn;
    // One reason for all files that the end of the connection took along.
    if (result.closeReason !== undefined) this.failures.push(closeFailure(result.closeReason, attempt));
    for (const { target, bytes, sha256, failure } of result.downloads) {
      if (failure === undefined) this.files.push({ url: target.url, bytes, sha256 });
      else if (result.closeReason === undefined)
        this.failures.push(systemFailure(failure, `store ${target.fileName}`));
    }
  }
}

function report(outcome: Outcome, wanted: number, plan: Plan, args: Arguments, terminal: Terminal): number {
  const ok = outcome.failures.length === 0 && (plan.handshakeOnly || outcome.files.length === wanted);
  const { files, seconds, handshakeMs, lostPackets, packets, cipherSuite, alpn } = outcome;
  const summary: Summary = {
    files,
    seconds,
    handshakeMs,
    lostPackets,
    packets,
    cipherSuite,
    alpn,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    wanted: plan.handshakeOnly ? 0 : wanted,
    failures: outcome.failures.map(failureOf),
  };
  for (const { line } of summary.failures.slice(0, MAX_FAILURE_LINES)) terminal.err(`tsquic: ${line}`);
  if (summary.failures.length > MAX_FAILURE_LINES) {
    terminal.err(`tsquic: and ${summary.failures.length - MAX_FAILURE_LINES} more`);
  }
  const say = plan.toStdout ? terminal.err : terminal.out;
  if (plan.checksum && !args.flag('json')) {
    for (const { sha256, url } of summary.files) say(`${sha256}  ${url}`);
  }
  if (!args.flag('quiet') && (ok || summary.files.length > 0)) say(summaryLine(summary));
  if (args.flag('json')) terminal.out(JSON.stringify(summaryObject(summary)));
  return ok ? 0 : 1;
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('ERR_TSQUIC_INTERNAL', error instanceof Error ? error.message : String(error));
}

const MAX_FAILURE_LINES = 20;

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Arguments } from '../arguments.ts';
import { dial } from '../client.ts';
import { clientSettings, type ClientSettings, stallMsOf, timeoutMsOf } from '../client-settings.ts';
import { type Attempt, closeFailure, stallFailure } from '../close-failure.ts';
import { Failure, systemFailure } from '../failure.ts';
import { fetchAll, type FetchResult } from '../fetch.ts';
import { authorityOf, groupByServer, parseTarget, type FetchTarget } from '../fetch-target.ts';
import { qlogDirectoryFor } from '../qlog-directory.ts';
import { Progress } from '../progress.ts';
import { quicVersionName } from '../quic-versions.ts';
import { parseScenario } from '../scenario.ts';
import { SessionFile, type ServerMemory } from '../session-file.ts';
import { createSink } from '../sink.ts';
import { summaryLine, summaryObject, type Summary } from '../summary.ts';
import { openFurtherPaths, type PathShare, sharesOf, shareText } from '../further-paths.ts';
import type { Terminal } from '../terminal.ts';
import { serverNameFor } from '../server-name.ts';

/**
 * `tsquic get`: resolves with the exit code. Throws a `Failure` for errors before the first packet is sent,
 * and the reason of `interrupt` when that is aborted, after everything is closed and partial files are
 * removed.
 */
export async function get(args: Arguments, terminal: Terminal, interrupt?: AbortSignal): Promise<number> {
  const targets = targetsOf(args);
  const plan = planPaths(targets, args, terminal);
  const qlog = qlogDirectoryFor(args.text('qlog'), terminal.environment);
  const alpn = args.text('alpn') ?? 'h3';
  const shared = await clientSettings(args, terminal, alpn, qlog);
  const settings = interrupt === undefined ? shared : { ...shared, signal: interrupt };
  const file = args.text('session');
  const sessions = file === undefined ? undefined : await SessionFile.open(file);
  if (plan.directory !== '') await makeDirectory(plan.directory);

  const quiet = args.flag('quiet');
  const progress = quiet ? undefined : new Progress(terminal, targets.length);
  const outcome = new Outcome();
  try {
    for (const group of groupByServer(targets)) {
      const { host } = group[0] as FetchTarget;
      const attempt = {
        authority: authorityOf(group[0] as FetchTarget),
        serverName: serverNameFor(args.text('server-name'), host),
        alpn,
        timeoutMs: timeoutMsOf(args),
        stallMs: stallMsOf(args),
      };
      const memory = sessions?.memoryOf(`${attempt.authority} ${attempt.serverName} ${alpn}`);
      await fetchGroup(group, settings, memory, attempt, plan, progress, outcome);
      await sessions?.save();
      interrupt?.throwIfAborted();
    }
  } finally {
    progress?.stop();
    qlog?.close();
  }
  return report(outcome, targets.length, plan, args, terminal);
}

function targetsOf(args: Arguments): readonly FetchTarget[] {
  const scenario = args.text('scenario');
  if (scenario === undefined) return args.operands.map(parseTarget);
  const [authority = '', ...others] = args.operands;
  if (others.length > 0) throw new Failure('ERR_TSQUIC_USAGE', '--scenario takes one HOST:PORT');
  return parseScenario(scenario, authority);
}

/** The destination of each file: a path, '-' for stdout, '' for none. */
interface Plan {
  readonly directory: string;
  readonly toStdout: boolean;
  readonly checksum: boolean;
  readonly handshakeOnly: boolean;
  /** Local addresses of further paths. */
  readonly paths: readonly string[];
  /** Takes lines for stderr. */
  readonly say: (line: string) => void;
  pathFor(target: FetchTarget): string;
}

function planPaths(targets: readonly FetchTarget[], args: Arguments, terminal: Terminal): Plan {
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
    paths: args.list('path'),
    say: args.flag('quiet') ? () => {} : (line) => terminal.err(line),
    pathFor: ({ fileName }) => (out === '-' ? '-' : directory === '' ? '' : join(directory, fileName)),
  };
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw systemFailure(error, `make ${directory}`);
  }
}

/**
 * Fetch all files of one server and add them to the outcome. Errors that concern no single file are thrown:
 * an interrupt, an unknown name.
 */
async function fetchGroup(
  group: readonly FetchTarget[],
  settings: ClientSettings,
  memory: ServerMemory | undefined,
  attempt: Attempt,
  plan: Plan,
  progress: Progress | undefined,
  outcome: Outcome,
): Promise<void> {
  const { host, port } = group[0] as FetchTarget;
  let connection;
  try {
    connection = await dial(
      { host, port, servername: attempt.serverName },
      { ...settings, ...memory?.options },
      attempt,
    );
  } catch (error) {
    // The other servers are tried.
    if (!(error instanceof Failure) || !error.code.startsWith('ERR_QUIC_')) throw error;
    outcome.failures.push(error);
    return;
  }
  progress?.onPaths(() => shareText(sharesOf(connection.pathStatistics())));
  void openFurtherPaths(connection, plan.paths, plan.say);
  const result = await fetchAll(connection, {
    alpn: attempt.alpn,
    targets: plan.handshakeOnly ? [] : group,
    stallMs: attempt.stallMs,
    sinkFor: (target) => createSink({ path: plan.pathFor(target), checksum: plan.checksum }),
    onBytes: (count) => progress?.onBytes(count),
    onResult: () => progress?.onFile(),
  });
  await memory?.given(connection);
  await connection.close({ code: attempt.alpn === 'h3' ? H3_NO_ERROR : 0 });
  outcome.add(result, attempt);
}

/** The added results of all connections. */
class Outcome {
  readonly failures: unknown[] = [];
  readonly files: Summary['files'][number][] = [];
  seconds = 0;
  handshakeMs: number | undefined = undefined;
  lostPackets = 0;
  packets = 0;
  quicVersion: number | undefined = undefined;
  cipherSuite = '';
  alpn = '';
  earlyData: Summary['earlyData'] = 'none';
  readonly paths: PathShare[] = [];

  add(result: FetchResult, attempt: Attempt): void {
    this.seconds += result.transferMs / 1000;
    this.handshakeMs ??= result.handshakeMs;
    this.lostPackets += result.lostPackets;
    this.packets += result.packets;
    for (const share of result.paths) this.paths.push(share);
    if (result.handshakeMs !== undefined) this.quicVersion ??= quicVersionName(result.version);
    this.cipherSuite ||= result.cipherSuite;
    this.alpn ||= result.alpn;
    if (result.earlyData !== 'none') this.earlyData = result.earlyData;
    // The end of the connection is reported once for all files that it affected.
    if (result.stalled) this.failures.push(stallFailure(attempt));
    else if (result.closeReason !== undefined) this.failures.push(closeFailure(result.closeReason, attempt));
    for (const { target, bytes, sha256, failure } of result.downloads) {
      if (failure === undefined) this.files.push({ url: target.url, bytes, sha256 });
      else if (result.closeReason === undefined)
        this.failures.push(systemFailure(failure, `store ${target.fileName}`));
    }
  }
}

function report(outcome: Outcome, wanted: number, plan: Plan, args: Arguments, terminal: Terminal): number {
  const ok = outcome.failures.length === 0 && (plan.handshakeOnly || outcome.files.length === wanted);
  const { files, seconds, handshakeMs, lostPackets, packets, quicVersion, cipherSuite, alpn, earlyData } =
    outcome;
  const { paths } = outcome;
  const summary: Summary = {
    files,
    seconds,
    handshakeMs,
    lostPackets,
    packets,
    quicVersion,
    cipherSuite,
    alpn,
    earlyData,
    paths,
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
/** RFC 9114 §8.1 */
const H3_NO_ERROR = 0x100;

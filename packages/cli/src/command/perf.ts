import type { Arguments } from '../arguments.ts';
import { dial } from '../client.ts';
import { clientSettings, stallMsOf, timeoutMsOf } from '../client-settings.ts';
import { closeFailure, stallFailure } from '../close-failure.ts';
import { Failure } from '../failure.ts';
import { parseTarget } from '../fetch-target.ts';
import { measure, type PerfPlan, type PerfResult } from '../perf-client.ts';
import { qlogDirectoryFor } from '../qlog-directory.ts';
import { quicVersionName } from '../quic-versions.ts';
import { megabitsPerSecond } from '../quantities.ts';
import type { Terminal } from '../terminal.ts';
import { serverNameFor } from '../server-name.ts';

/**
 * `tsquic perf`: resolves with the exit code. Throws a `Failure` when it cannot measure, and the reason of
 * `interrupt` when that is aborted, after the connection is closed.
 */
export async function perf(args: Arguments, terminal: Terminal, interrupt?: AbortSignal): Promise<number> {
  const [authority = '', ...others] = args.operands;
  if (others.length > 0) throw new Failure('ERR_TSQUIC_USAGE', 'perf measures one server at a time');
  const { host, port } = parseTarget(`https://${authority}/`);
  const qlog = qlogDirectoryFor(args.text('qlog'), terminal.environment);
  const servername = serverNameFor(args.text('server-name'), host);
  const attempt = {
    authority,
    serverName: servername,
    alpn: 'perf',
    timeoutMs: timeoutMsOf(args),
    stallMs: stallMsOf(args),
  };
  const settings = await clientSettings(args, terminal, 'perf', qlog);
  const signal = interrupt === undefined ? {} : { signal: interrupt };
  try {
    const connection = await dial({ host, port, servername }, { ...settings, ...signal }, attempt);
    const result = await measure(connection, planFrom(args));
    const { udp } = connection.statistics();
    await connection.close();
    interrupt?.throwIfAborted();
    if (args.flag('json')) terminal.out(JSON.stringify(reportObject(result, connection.version, udp)));
    else for (const line of reportLines(result, connection.version, udp)) terminal.out(line);
    if (result.stalled) throw stallFailure(attempt);
    if (result.failure !== undefined) throw result.failure;
    if (result.closeReason !== undefined) throw closeFailure(result.closeReason, attempt);
  } finally {
    qlog?.close();
  }
  return 0;
}

function planFrom(args: Arguments): PerfPlan {
  return {
    stallMs: stallMsOf(args),
    transactions: args.number('transactions') ?? 1,
    parallel: args.number('parallel') ?? 1,
    unidirectional: args.flag('unidirectional'),
    uploadBytes: args.number('upload') ?? 0,
    downloadBytes: args.number('download') ?? 10_000_000,
  };
}

/** The version, the kind of socket, and the last lines of picoquicdemo's output, for programs that read them. */
function reportLines(result: PerfResult, version: number, udp: string): string[] {
  const { seconds, transactions, uploadedBytes, downloadedBytes } = result;
  return [
    `QUIC_version: ${quicVersionName(version)}`,
    `UDP_sockets: ${udp}`,
    `Connection_duration_sec: ${seconds.toFixed(6)}`,
    `Nb_transactions: ${transactions}`,
    `Upload_bytes: ${uploadedBytes}`,
    `Download_bytes: ${downloadedBytes}`,
    `TPS: ${perSecond(transactions, seconds).toFixed(6)}`,
    `Upload_Mbps: ${megabitsPerSecond(uploadedBytes, seconds).toFixed(6)}`,
    `Download_Mbps: ${megabitsPerSecond(downloadedBytes, seconds).toFixed(6)}`,
  ];
}

function reportObject(result: PerfResult, version: number, udp: string): object {
  const { seconds, transactions, uploadedBytes, downloadedBytes } = result;
  return {
    quicVersion: quicVersionName(version),
    udp,
    seconds,
    transactions,
    uploadedBytes,
    downloadedBytes,
    transactionsPerSecond: perSecond(transactions, seconds),
    uploadMbps: megabitsPerSecond(uploadedBytes, seconds),
    downloadMbps: megabitsPerSecond(downloadedBytes, seconds),
  };
}

function perSecond(count: number, seconds: number): number {
  return seconds > 0 ? count / seconds : 0;
}

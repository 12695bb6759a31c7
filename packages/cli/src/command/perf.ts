import { lookup } from 'node:dns/promises';
import { controllerByName } from '@tsquic/congestion';
import type { Arguments } from '../arguments.ts';
import { ClientConnection, type ClientSettings } from '../client-connection.ts';
import { closeFailure } from '../close-failure.ts';
import { cipherSuitesFor, cryptoProviderFor } from '../cryptography.ts';
import { Failure, systemFailure } from '../failure.ts';
import { parseTarget } from '../fetch-target.ts';
import { keyLogFor } from '../key-log.ts';
import { measure, type PerfPlan, type PerfResult } from '../perf-client.ts';
import { qlogDirectoryFor } from '../qlog-directory.ts';
import { megabitsPerSecond } from '../quantities.ts';
import type { Terminal } from '../terminal.ts';
import { serverNameFor } from '../server-name.ts';
import { verifierFor } from '../trust.ts';

/** `tsquic perf`: resolves with the exit code. Throws a `Failure` when it cannot measure. */
export async function perf(args: Arguments, terminal: Terminal): Promise<number> {
  const [authority = '', ...others] = args.operands;
  if (others.length > 0) throw new Failure('ERR_TSQUIC_USAGE', 'perf measures one server at a time');
  const { host, port } = parseTarget(`https://${authority}/`);
  const qlog = qlogDirectoryFor(args.text('qlog'), terminal.environment);
  const handshakeTimeoutMs = Math.round((args.number('timeout') ?? 10) * 1000);
  const settings = {
    crypto: await cryptoProviderFor(args.text('crypto')),
    alpn: 'perf',
    verifier: args.flag('insecure') ? undefined : await verifierFor(args.list('ca')),
    serverName: serverNameFor(args.text('server-name'), host),
    cipherSuites: cipherSuitesFor(args.list('cipher')),
    version: undefined,
    handshakeTimeoutMs,
    maxUdpPayloadBytes: args.number('mtu'),
    onKeyLog: keyLogFor(args.text('keylog'), terminal.environment),
    tracer: qlog?.tracer,
    congestion: controllerByName(args.text('congestion') ?? 'cubic'),
  };
  const client = await openClient({ ip: await addressOf(host), port }, settings);
  const result = await measure(client, planFrom(args));
  client.close();
  qlog?.close();
  if (args.flag('json')) terminal.out(JSON.stringify(reportObject(result)));
  else for (const line of reportLines(result)) terminal.out(line);
  if (result.failure !== undefined) throw result.failure;
  if (result.closeReason === undefined) return 0;
  const attempt = { authority, serverName: settings.serverName, alpn: 'perf', timeoutMs: handshakeTimeoutMs };
  throw closeFailure(result.closeReason, attempt);
}

async function openClient(
  to: { ip: string; port: number },
  settings: ClientSettings,
): Promise<ClientConnection> {
  try {
    return await ClientConnection.open(to, settings);
  } catch (error) {
    throw systemFailure(error, `open a socket to ${to.ip}`);
  }
}

function planFrom(args: Arguments): PerfPlan {
  return {
    transactions: args.number('transactions') ?? 1,
    parallel: args.number('parallel') ?? 1,
    unidirectional: args.flag('unidirectional'),
    uploadBytes: args.number('upload') ?? 0,
    downloadBytes: args.number('download') ?? 10_000_000,
  };
}

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw systemFailure(error, `find ${host}`, 'is the name spelled right?');
  }
}

/** The lines that picoquicdemo ends with, for programs that read them. */
function reportLines(result: PerfResult): string[] {
  const { seconds, transactions, uploadedBytes, downloadedBytes } = result;
  return [
    `Connection_duration_sec: ${seconds.toFixed(6)}`,
    `Nb_transactions: ${transactions}`,
    `Upload_bytes: ${uploadedBytes}`,
    `Download_bytes: ${downloadedBytes}`,
    `TPS: ${perSecond(transactions, seconds).toFixed(6)}`,
    `Upload_Mbps: ${megabitsPerSecond(uploadedBytes, seconds).toFixed(6)}`,
    `Download_Mbps: ${megabitsPerSecond(downloadedBytes, seconds).toFixed(6)}`,
  ];
}

function reportObject({ seconds, transactions, uploadedBytes, downloadedBytes }: PerfResult): object {
  return {
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

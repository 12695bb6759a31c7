import { realpath, stat } from 'node:fs/promises';
import { controllerByName } from '@tsquic/congestion';
import { createQuicContext, type QuicEvent } from '@tsquic/quic-core';
import {
  nodeClock,
  openEveryAddress,
  openNodePort,
  QuicLoop,
  unixTimeAtZeroUs,
  type DatagramPort,
} from '@tsquic/event-adapters';
import type { Arguments } from '../arguments.ts';
import { cipherSuitesFor, cryptoProviderFor } from '../cryptography.ts';
import { Failure, oneLine, systemFailure } from '../failure.ts';
import { authorityOf } from '../fetch-target.ts';
import { FileServer } from '../file-server.ts';
import { keyLogFor } from '../key-log.ts';
import { counted, formatBytes } from '../quantities.ts';
import { PerfServer } from '../perf-server.ts';
import { qlogDirectoryFor } from '../qlog-directory.ts';
import type { Terminal } from '../terminal.ts';
import { identityFrom } from '../trust.ts';

/** `tsquic serve`: resolves with the exit code when `stop` does. Throws a `Failure` when it cannot begin. */
export async function serve(args: Arguments, terminal: Terminal, stop: Promise<unknown>): Promise<number> {
  const crypto = await cryptoProviderFor(args.text('crypto'));
  const root = await rootOf(args.text('root') ?? '');
  const identity = await identityFrom(args.text('cert') ?? '', args.text('key') ?? '', crypto);
  const cipherSuites = cipherSuitesFor(args.list('cipher'));
  const onKeyLog = keyLogFor(args.text('keylog'), terminal.environment);
  const retry = retryOf(args.text('retry'));
  const mtu = args.number('mtu');
  const alpn = args.text('alpn');
  const qlog = qlogDirectoryFor(args.text('qlog'), terminal.environment);
  const port = await openPort(args.text('host') ?? '127.0.0.1', args.number('port') ?? 4433);
  const context = createQuicContext({
    crypto,
    alpn: alpn === undefined ? ['hq-interop', 'perf'] : [alpn],
    identity,
    unixTimeAtZeroUs,
    ...(cipherSuites === undefined ? {} : { cipherSuites }),
    ...(onKeyLog === undefined ? {} : { onKeyLog }),
    ...(retry === undefined ? {} : { retry }),
    ...(qlog === undefined ? {} : { tracer: qlog.tracer }),
    congestion: controllerByName(args.text('congestion') ?? 'cubic'),
    ...(mtu === undefined ? {} : { transport: { maxUdpPayloadBytes: mtu } }),
  });
  const server = new FileServer(context, root, () => loop.wake());
  const perf = new PerfServer(context);
  const loop = new QuicLoop({
    context,
    port,
    clock: nodeClock,
    onEvent: (event) => dispatch(event, server, perf),
    onError: (error) =>
      terminal.err(`tsquic: ${oneLine(error instanceof Error ? error.message : String(error))}`),
  });
  loop.wake();
  terminal.out(`listening on ${authorityOf({ host: port.local.ip, port: port.local.port })}`);

  await stop;
  context.close();
  loop.flush();
  await lastWords(server);
  loop.close();
  qlog?.close();
  report(server, args, terminal);
  return 0;
}

/** A connection's streams belong to the protocol that it agreed on; both servers count its life. */
function dispatch(event: QuicEvent, files: FileServer, perf: PerfServer): void {
  if (event.type === 'connected' && event.alpn === 'perf') perf.begin(event.connection);
  const isPerf = perf.has(event.connection);
  if (isPerf) perf.onEvent(event);
  if (!isPerf || event.type === 'connected' || event.type === 'closed') files.onEvent(event);
}

async function rootOf(directory: string): Promise<string> {
  try {
    const root = await realpath(directory);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    throw systemFailure(error, `serve ${directory}`);
  }
  throw new Failure('ENOTDIR', `cannot serve ${directory}: not a directory`);
}

async function openPort(host: string, port: number): Promise<DatagramPort> {
  const ip = host.replace(/^\[(.*)\]$/, '$1');
  try {
    if (ip === '::' || ip === '0.0.0.0') return await openEveryAddress({ port, ipv4Only: ip === '0.0.0.0' });
    return await openNodePort({ ip, port });
  } catch (error) {
    throw systemFailure(
      error,
      `listen on ${authorityOf({ host, port })}`,
      'choose with --host IP and --port PORT',
    );
  }
}

function retryOf(when: string | undefined): 'never' | 'always' | undefined {
  return when === 'never' || when === 'always' ? when : undefined;
}

/** A moment for the closing packets of connections still open. */
async function lastWords(server: FileServer): Promise<void> {
  for (let waitedMs = 0; waitedMs < 300 && server.openConnections > 0; waitedMs += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function report(server: FileServer, args: Arguments, terminal: Terminal): void {
  const { connections, files, bytes, refused } = server.counters;
  if (!args.flag('json')) {
    terminal.out(
      `served ${counted(files, 'file')}, ${formatBytes(bytes)}, on ${counted(connections, 'connection')}`,
    );
    return;
  }
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  terminal.out(
    JSON.stringify({ connections, files, bytes, refused, cpuSeconds, maxRssBytes: maxRSS * 1024 }),
  );
}

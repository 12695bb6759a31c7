import { realpath, stat } from 'node:fs/promises';
import { controllerByName } from '@tsquic/congestion';
import { listen, QuicError, type ListenOptions, type QuicConnection, type QuicListener } from 'tsquic';
import { takeEvents } from 'tsquic/events';
import { earlySettings, type Http3Extension } from 'tsquic/http3';
import type { Arguments } from '../arguments.ts';
import { cipherSuitesFor, cryptoProviderFor } from '../cryptography.ts';
import { Failure, oneLine, systemFailure } from '../failure.ts';
import { authorityOf } from '../fetch-target.ts';
import { FileServer, type ServerCounters } from '../file-server.ts';
import { serveOverHttp3 } from '../http3-file-server.ts';
import { keyLogFor } from '../key-log.ts';
import { counted, formatBytes } from '../quantities.ts';
import { PerfServer } from '../perf-server.ts';
import { type QlogDirectory, qlogDirectoryFor } from '../qlog-directory.ts';
import { quicVersionsFor } from '../quic-versions.ts';
import type { Terminal } from '../terminal.ts';
import type { TcpCompanion } from '../tcp-companion.ts';
import { type KeyPair, keyPairFrom } from '../trust.ts';
import { udpKindFor } from '../udp-kind.ts';
import type { EchoServer } from '../webtransport/echo-server.ts';

/**
 * `tsquic serve`: resolves with the exit code when `stop` resolves. Throws a `Failure` when it cannot begin.
 */
export async function serve(args: Arguments, terminal: Terminal, stop: Promise<unknown>): Promise<number> {
  const root = await rootOf(args.text('root') ?? '');
  const qlog = qlogDirectoryFor(args.text('qlog'), terminal.environment);
  const keyPair = await keyPairFrom(
    args.text('cert') ?? '',
    args.text('key') ?? '',
    args.text('passphrase-file'),
  );
  const options = await listenOptions(args, terminal, keyPair, qlog);
  const counters: ServerCounters = { files: 0, bytes: 0, refused: 0 };
  const echo = await echoServerFor(args, terminal);
  const site = { root, counters, extensions: echo === undefined ? [] : [echo.extension] };
  const listener = await open({ ...options, ...earlyDataOf(args, site) }, (connection) =>
    serveConnection(connection, site),
  );
  const { ip, port } = listener.address;
  const place = { host: ip, port, keyPair, root };
  const companion = await (args.flag('tcp') ? openCompanion(place, listener) : undefined);
  terminal.out(`listening on ${authorityOf({ host: ip, port })}`);
  if (echo !== undefined) terminal.out(echo.adviceOf(keyPair.cert));

  await stop;
  await companion?.close();
  await listener.close();
  qlog?.close();
  report({ connections: listener.statistics().accepted, counters, echo }, args, terminal);
  return 0;
}

async function listenOptions(
  args: Arguments,
  terminal: Terminal,
  keyPair: KeyPair,
  qlog: QlogDirectory | undefined,
): Promise<ListenOptions> {
  const alpn = args.text('alpn');
  const mtu = args.number('mtu');
  const ciphers = cipherSuitesFor(args.list('cipher'));
  const versions = quicVersionsFor(args.text('quic-versions'));
  const onKeyLog = keyLogFor(args.text('keylog'), terminal.environment);
  return {
    host: (args.text('host') ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1'),
    port: args.number('port') ?? 4433,
    ...udpKindFor(args.text('udp')),
    ...keyPair,
    ALPNProtocols: alpn === undefined ? ['h3', 'hq-interop', 'perf'] : [alpn],
    crypto: await cryptoProviderFor(args.text('crypto')),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(versions === undefined ? {} : { versions }),
    ...(onKeyLog === undefined ? {} : { onKeyLog }),
    transport: {
      maxPaths: args.number('paths') ?? 0,
      ...(mtu === undefined ? {} : { maxUdpPayloadBytes: mtu }),
      ...(args.flag('webtransport-echo') ? { maxDatagramFrameBytes: LARGEST_FRAME } : {}),
    },
    core: coreOptions(args, qlog),
    onError: (error) =>
      terminal.err(`tsquic: ${oneLine(error instanceof Error ? error.message : String(error))}`),
  };
}

function coreOptions(args: Arguments, qlog: QlogDirectory | undefined): ListenOptions['core'] & object {
  const retry = retryOf(args.text('retry'));
  return {
    congestion: controllerByName(args.text('congestion') ?? 'cubic'),
    ...(retry === undefined ? {} : { retry }),
    ...(qlog === undefined ? {} : { tracer: qlog.tracer }),
  };
}

/** Sessions of WebTransport, where they are asked for. */
async function echoServerFor(args: Arguments, terminal: Terminal): Promise<EchoServer | undefined> {
  if (!args.flag('webtransport-echo')) return undefined;
  if ((args.text('alpn') ?? 'h3') !== 'h3')
    throw new Failure('ERR_TSQUIC_USAGE', '--webtransport-echo needs --alpn h3, the default');
  const { createEchoServer } = await import('../webtransport/echo-server.ts');
  return createEchoServer((line) => terminal.err(`tsquic: ${oneLine(line)}`));
}

/** What connections are answered with. */
interface Site {
  readonly root: string;
  readonly counters: ServerCounters;
  readonly extensions: readonly Http3Extension[];
}

/** 0-RTT where it is asked for, by tickets of the same settings of HTTP/3. RFC 9114 §7.2.4.2 */
function earlyDataOf(args: Arguments, { extensions }: Site): Pick<ListenOptions, 'earlyData'> {
  if (!args.flag('early-data')) return {};
  return { earlyData: { applicationSettings: earlySettings({ extensions }) } };
}

/** Also before the handshake is complete: to read a file once more, or to have one's own bytes back, is all that a replay can do. RFC 8470 §3 */
function serveConnection(connection: QuicConnection, { root, counters, extensions }: Site): void {
  if (connection.alpnProtocol === 'h3') return serveOverHttp3(connection, root, counters, extensions);
  takeEvents(connection, ({ handle, wake }) =>
    connection.alpnProtocol === 'perf' ? new PerfServer(handle) : new FileServer(root, counters, wake),
  );
}

async function open(
  options: ListenOptions,
  handler: (connection: QuicConnection) => void,
): Promise<QuicListener> {
  const { host, port } = options;
  try {
    return await listen(options, handler);
  } catch (error) {
    if (error instanceof QuicError) throw new Failure('ERR_TSQUIC_KEY', error.message);
    throw systemFailure(
      error,
      `listen on ${authorityOf({ host: String(host), port: port ?? 0 })}`,
      'choose with --host IP and --port PORT',
    );
  }
}

/** The same files over TCP, at the same address; the listener does not outlive a failure. */
async function openCompanion(
  options: { host: string; port: number; keyPair: KeyPair; root: string },
  listener: QuicListener,
): Promise<TcpCompanion> {
  try {
    return await (await import('../tcp-companion.ts')).openTcpCompanion(options);
  } catch (error) {
    await listener.close();
    throw systemFailure(error, `listen on TCP at ${authorityOf(options)}`, 'choose another with --port PORT');
  }
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

function retryOf(when: string | undefined): 'never' | 'always' | undefined {
  return when === 'never' || when === 'always' ? when : undefined;
}

/** What a server has done. */
interface Deeds {
  readonly connections: number;
  readonly counters: ServerCounters;
  readonly echo: EchoServer | undefined;
}

function report({ connections, counters, echo }: Deeds, args: Arguments, terminal: Terminal): void {
  const { files, bytes, refused } = counters;
  if (!args.flag('json')) {
    terminal.out(
      `served ${counted(files, 'file')}, ${formatBytes(bytes)}, on ${counted(connections, 'connection')}`,
    );
    if (echo !== undefined) terminal.out(echo.summary);
    return;
  }
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  const webTransport = echo === undefined ? {} : { webTransport: echo.counters };
  terminal.out(
    JSON.stringify({
      ...{ connections, files, bytes, refused, ...webTransport },
      ...{ cpuSeconds, maxRssBytes: maxRSS * 1024 },
    }),
  );
}

/** Datagrams are as long as packets allow. */
const LARGEST_FRAME = 65_535;

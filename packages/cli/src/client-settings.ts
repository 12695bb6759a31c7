import { controllerByName } from '@tsquic/congestion';
import type { ConnectOptions } from 'tsquic';
import type { Arguments } from './arguments.ts';
import { cipherSuitesFor, cryptoProviderFor } from './cryptography.ts';
import { Failure } from './failure.ts';
import { keyLogFor } from './key-log.ts';
import type { QlogDirectory } from './qlog-directory.ts';
import { quicVersionsFor } from './quic-versions.ts';
import type { Terminal } from './terminal.ts';
import { keyPairFrom, verifierFor } from './trust.ts';
import { udpKindFor } from './udp-kind.ts';

/** Options of `connect` without the server. */
export type ClientSettings = Omit<ConnectOptions, 'host' | 'port' | 'servername'>;

/** The options that `get` and `perf` share. Throws a `Failure` for an invalid one. */
export async function clientSettings(
  args: Arguments,
  terminal: Terminal,
  alpn: string,
  qlog: QlogDirectory | undefined,
): Promise<ClientSettings> {
  const ciphers = cipherSuitesFor(args.list('cipher'));
  const onKeyLog = keyLogFor(args.text('keylog'), terminal.environment);
  const mtu = args.number('mtu');
  const version = args.number('version');
  const versions = quicVersionsFor(args.text('quic-versions'));
  const timeoutMs = timeoutMsOf(args);
  const paths = args.list('path');
  return {
    crypto: await cryptoProviderFor(args.text('crypto')),
    ALPNProtocols: [alpn],
    ...udpKindFor(args.text('udp')),
    ...(args.flag('insecure')
      ? { rejectUnauthorized: false }
      : { verifier: await verifierFor(args.list('ca')) }),
    ...(await pairToShow(args)),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(onKeyLog === undefined ? {} : { onKeyLog }),
    ...(version === undefined ? {} : { version }),
    ...(versions === undefined ? {} : { versions }),
    transport: {
      handshakeTimeoutMs: timeoutMs,
      // A slow server acknowledges the PINGs; one that was killed does not, and the client need not wait for
      // it.
      idleTimeoutMs: timeoutMs,
      keepAliveMs: Math.min(KEEP_ALIVE_MS, Math.ceil(timeoutMs / 3)),
      streamWindowBytes: STREAM_WINDOW_BYTES,
      connectionWindowBytes: 2 * STREAM_WINDOW_BYTES,
      maxStreamWindowBytes: MAX_STREAM_WINDOW_BYTES,
      maxConnectionWindowBytes: 2 * MAX_STREAM_WINDOW_BYTES,
      ...(mtu === undefined ? {} : { maxUdpPayloadBytes: mtu }),
      ...(paths.length === 0 ? {} : { maxPaths: Math.min(MAX_PATHS, 1 + paths.length) }),
    },
    core: {
      congestion: controllerByName(args.text('congestion') ?? 'cubic'),
      ...(qlog === undefined ? {} : { tracer: qlog.tracer }),
    },
  };
}

/** `--timeout` in milliseconds. */
export function timeoutMsOf(args: Arguments): number {
  return Math.round((args.number('timeout') ?? 10) * 1000);
}

/**
 * Milliseconds without progress after which a server that acknowledges is given up. One that was killed ends before that by the
 * idle timeout, which begins anew with the first PING after the last packet of the server. RFC 9000 §10.1
 */
export function stallMsOf(args: Arguments): number {
  return 1.5 * timeoutMsOf(args);
}

async function pairToShow(args: Arguments): Promise<Pick<ConnectOptions, 'cert' | 'key' | 'passphrase'>> {
  const [cert, key] = [args.text('cert'), args.text('key')];
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined)
    throw new Failure('ERR_TSQUIC_USAGE', 'a certificate to show needs both --cert and --key');
  return keyPairFrom(cert, key, args.text('passphrase-file'));
}

/**
 * A client that only receives falls silent when a NAT gives it another port: what it misses is no packet that it owes an
 * acknowledgement for. A PING from the new port tells the server. That is for the time of a transfer alone; a connection that is
 * kept for later would send one in 15 to 30 s. RFC 9000 §10.1.2
 */
const KEEP_ALIVE_MS = 1000;
/** What a connection may have at most. */
const MAX_PATHS = 32;
/** The data of one round trip of 8 ms at a gigabit a second. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
/** The data of 100 ms at 300 Mbit/s, which may wait here and, unacknowledged, in the server's memory. */
const MAX_STREAM_WINDOW_BYTES = 4 * 1024 * 1024;

import { type CongestionFactory, Cubic } from '@tsquic/congestion';
import type { CryptoProvider } from '@tsquic/crypto';
import { type CertificateVerifier, type Identity, skipCertificateCheck } from '@tsquic/tls13';
import { QuicUsageError } from '../errors/usage-error.ts';
import { BASE_MTU } from '../path/mtu.ts';
import { SendPool } from '../streams/send-memory.ts';
import { NO_TRACE, type Tracer } from '../trace/tracer.ts';
import { BLOCKED_PORTS } from './blocked-ports.ts';
import type { QuicContextOptions, TransportOptions } from './config.ts';
import { checkContextOptions } from './option-names.ts';
import { checkSealingKeys } from './sealing-keys.ts';
import { Tickets } from './tickets.ts';
import { Tokens } from './token.ts';
import { checkTlsOptions, identityChoice } from './tls-options.ts';

/** Options with every default filled in: what connections are built from. */
export interface Settings {
  readonly options: QuicContextOptions;
  readonly crypto: CryptoProvider;
  readonly transport: Required<TransportOptions>;
  readonly congestion: CongestionFactory;
  readonly ackDelayExponent: number;
  readonly connectionIdLength: number;
  readonly maxConnections: number;
  readonly retryAbove: number;
  readonly maxHalfOpen: number;
  readonly blockedPorts: ReadonlySet<number>;
  readonly sendPool: SendPool;
  readonly resetKey: Uint8Array;
  readonly tickets: Tickets;
  readonly tokens: Tokens;
  readonly tracer: Tracer;
  readonly identity: ((serverName: string) => Identity | undefined) | undefined;
  /** Undefined when the program judges by itself. */
  readonly verifier: CertificateVerifier | undefined;
  readonly canVerify: boolean;
  readonly onKeyLog: ((line: string) => void) | undefined;
}

const DEFAULT_TRANSPORT: Required<TransportOptions> = {
  idleTimeoutMs: 30_000,
  handshakeTimeoutMs: 10_000,
  connectionWindowBytes: 512 * 1024,
  maxConnectionWindowBytes: 16 * 1024 * 1024,
  streamWindowBytes: 256 * 1024,
  maxStreamWindowBytes: 8 * 1024 * 1024,
  maxBidirectionalStreams: 100,
  maxUnidirectionalStreams: 100,
  maxSendBufferBytes: 48 * 1024 * 1024,
  maxCongestionWindowBytes: 32 * 1024 * 1024,
  maxAckDelayMs: 25,
  maxUdpPayloadBytes: 1452,
  initialRttUs: 333_000,
  keepAliveMs: 0,
  ecn: true,
};

const ACK_DELAY_EXPONENT = 3;
const RETRY_ABOVE = 64;
const MAX_HALF_OPEN = 1024;
const MAX_TOTAL_SEND_BUFFER_BYTES = 256 * 1024 * 1024;

/** Check options and fill in defaults. Throws `QuicUsageError` for values that make no sense. */
export function createSettings(options: QuicContextOptions): Settings {
  checkContextOptions(options);
  const { crypto, identity } = options;
  const transport = { ...DEFAULT_TRANSPORT, ...options.transport };
  const connectionIdLength = options.connectionIdLength ?? 8;
  checkRanges(options, transport, connectionIdLength);
  checkTlsOptions(options);
  const resetKey = options.resetKey ?? new Uint8Array(32);
  if (options.resetKey === undefined) crypto.random(resetKey);
  return {
    options,
    crypto,
    transport,
    congestion: options.congestion ?? ((path) => new Cubic(path)),
    ackDelayExponent: ACK_DELAY_EXPONENT,
    connectionIdLength,
    maxConnections: options.maxConnections ?? 65_536,
    retryAbove: retryThreshold(options.retry),
    sendPool: new SendPool(options.maxTotalSendBufferBytes ?? MAX_TOTAL_SEND_BUFFER_BYTES),
    maxHalfOpen: options.maxHalfOpenConnections ?? MAX_HALF_OPEN,
    blockedPorts: new Set(options.blockedPorts ?? BLOCKED_PORTS),
    resetKey,
    tickets: new Tickets(crypto, options.ticketKey),
    tokens: new Tokens(crypto, options.tokenKey, options.unixTimeAtZeroUs),
    tracer: options.tracer ?? NO_TRACE,
    identity: identityChoice(identity, crypto),
    verifier: chooseVerifier(options),
    canVerify: options.judgeCertificates === true || chooseVerifier(options) !== undefined,
    onKeyLog: options.onKeyLog,
  };
}

function checkRanges(
  options: QuicContextOptions,
  transport: Required<TransportOptions>,
  connectionIdLength: number,
): void {
  const { maxConnections, resetKey } = options;
  inRange('connectionIdLength', connectionIdLength, 4, 20);
  inRange('maxUdpPayloadBytes', transport.maxUdpPayloadBytes, BASE_MTU, 65_527);
  inRange('maxAckDelayMs', transport.maxAckDelayMs, 0, 2 ** 14 - 1);
  for (const [name, value] of Object.entries(transport))
    if (typeof value === 'number') inRange(name, value, 0, Number.MAX_SAFE_INTEGER);
  if (maxConnections !== undefined) inRange('maxConnections', maxConnections, 0, Number.MAX_SAFE_INTEGER);
  inRange('maxHalfOpenConnections', options.maxHalfOpenConnections ?? 1, 1, Number.MAX_SAFE_INTEGER);
  inRange('maxTotalSendBufferBytes', options.maxTotalSendBufferBytes ?? 0, 0, Number.MAX_SAFE_INTEGER);
  inRange(
    'maxCongestionWindowBytes',
    transport.maxCongestionWindowBytes,
    2 * BASE_MTU,
    Number.MAX_SAFE_INTEGER,
  );
  if (resetKey !== undefined) inRange('length of resetKey', resetKey.length, 32, 32);
  checkSealingKeys(options);
  for (const port of options.blockedPorts ?? []) inRange('each of blockedPorts', port, 0, 65_535);
}

function chooseVerifier(options: QuicContextOptions): CertificateVerifier | undefined {
  if (options.judgeCertificates === true) return undefined;
  return options.dangerouslySkipCertificateCheck === true ? skipCertificateCheck : options.verifier;
}

function retryThreshold(retry: QuicContextOptions['retry']): number {
  if (retry === 'never') return Infinity;
  if (retry === 'always') return 0;
  inRange('retry', retry ?? RETRY_ABOVE, 0, Number.MAX_SAFE_INTEGER);
  return retry ?? RETRY_ABOVE;
}

function inRange(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new QuicUsageError(
    'invalid-option',
    `${name} must be an integer from ${low} to ${high}, not ${value}`,
  );
}

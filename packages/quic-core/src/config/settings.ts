import { type CongestionFactory, Cubic } from '@tsquic/congestion';
import type { CryptoProvider } from '@tsquic/crypto';
import { type CertificateVerifier, skipCertificateCheck } from '@tsquic/tls13';
import { QuicUsageError } from '../errors/usage-error.ts';
import { ConnectionIds, MIN_ID_LENGTH } from '../ids/connection-ids.ts';
import { ResetKeys } from '../ids/reset-keys.ts';
import { MAX_CONNECTION_ID_LENGTH } from '../packet/header.ts';
import { RandomBits } from '../packet/random-bits.ts';
import { LowestRtt, type PathSchedulerFactory } from '../path/path-scheduler.ts';
import { SendPool } from '../streams/send-memory.ts';
import { NO_TRACE, type Tracer } from '../trace/tracer.ts';
import { chosenVersions } from '../version/first-version.ts';
import type { Version } from '../version/versions.ts';
import { BLOCKED_PORTS } from './blocked-ports.ts';
import { ClientLimits } from './client-limits.ts';
import type { QuicContextOptions } from './config.ts';
import { DEFAULT_TRANSPORT, type TransportOptions } from './transport-options.ts';
import { checkTransport } from './transport-ranges.ts';
import { earlyDataSettings, type EarlyDataSettings } from './early-data-options.ts';
import { checkContextOptions } from './option-names.ts';
import { checkPreferredAddress } from './address-options.ts';
import { Identities } from './identities.ts';
import { checkAdmission, given } from './accepted.ts';
import { inRange } from './range.ts';
import { randomBelow } from './random-below.ts';
import { checkSealingKeys } from './sealing-keys.ts';
import { Tickets } from '../tokens/tickets.ts';
import { Tokens } from '../tokens/token.ts';
import { checkTlsOptions } from './tls-options.ts';

/** Options with every default filled in: what connections are built from. */
export interface Settings {
  readonly options: QuicContextOptions;
  readonly crypto: CryptoProvider;
  /** Spoken, best first. */
  readonly versions: readonly Version[];
  /** The program named the order: a server goes by it. */
  readonly prefersVersions: boolean;
  readonly transport: Required<TransportOptions>;
  readonly congestion: CongestionFactory;
  readonly pathScheduler: PathSchedulerFactory;
  readonly ackDelayExponent: number;
  readonly connectionIds: ConnectionIds;
  readonly limits: ClientLimits;
  readonly retryAbove: number;
  readonly maxHalfOpen: number;
  readonly blockedPorts: ReadonlySet<number>;
  readonly sendPool: SendPool;
  readonly resetKeys: ResetKeys;
  /** Undefined where no 0-RTT is accepted. */
  readonly earlyData: EarlyDataSettings | undefined;
  readonly tickets: Tickets;
  readonly tokens: Tokens;
  readonly tracer: Tracer;
  readonly identities: Identities;
  /** For header bits that mean nothing. */
  readonly random: (out: Uint8Array) => void;
  /** Whole numbers from 0 up to a limit, which they do not reach. */
  readonly randomBelow: (limit: number) => number;
  readonly bits: RandomBits;
  /** Undefined when the program judges by itself. */
  readonly verifier: CertificateVerifier | undefined;
  readonly canVerify: boolean;
  readonly onKeyLog: ((line: string) => void) | undefined;
}

const ACK_DELAY_EXPONENT = 3;
const RETRY_ABOVE = 64;
const MAX_HALF_OPEN = 1024;
const MAX_TOTAL_SEND_BUFFER_BYTES = 256 * 1024 * 1024;

/**
 * Check options and fill in defaults. Throws `QuicUsageError` for values that make no sense.
 *
 * @param spoken - all that `options.versions` may name.
 */
export function createSettings(options: QuicContextOptions, spoken: readonly Version[]): Settings {
  checkContextOptions(options);
  const { crypto, identity } = options;
  const random = (out: Uint8Array): void => crypto.random(out);
  const chosen = given(options.transport);
  const transport = { ...DEFAULT_TRANSPORT, ...chosen };
  checkRanges(options, chosen);
  checkTlsOptions(options);
  return {
    options,
    crypto,
    versions: chosenVersions(spoken, options.versions),
    prefersVersions: options.versions !== undefined,
    transport,
    congestion: options.congestion ?? ((path) => new Cubic(path)),
    pathScheduler: options.pathScheduler ?? (() => new LowestRtt()),
    ackDelayExponent: ACK_DELAY_EXPONENT,
    connectionIds: new ConnectionIds(crypto, options.connectionIds ?? options.connectionIdLength ?? 8),
    limits: new ClientLimits(options),
    retryAbove: retryThreshold(options.retry),
    sendPool: new SendPool(options.maxTotalSendBufferBytes ?? MAX_TOTAL_SEND_BUFFER_BYTES),
    maxHalfOpen: options.maxHalfOpenConnections ?? MAX_HALF_OPEN,
    blockedPorts: new Set(options.blockedPorts ?? BLOCKED_PORTS),
    resetKeys: new ResetKeys(crypto, options.resetKey),
    earlyData: earlyDataSettings(options.earlyData, transport, options.ticketKey !== undefined),
    tickets: new Tickets(crypto, options.ticketKey),
    tokens: new Tokens(crypto, options.tokenKey, options.unixTimeAtZeroUs),
    tracer: options.tracer ?? NO_TRACE,
    identities: new Identities(crypto, identity),
    random,
    randomBelow: randomBelow(random),
    bits: new RandomBits(random),
    verifier: chooseVerifier(options),
    canVerify: options.judgeCertificates === true || chooseVerifier(options) !== undefined,
    onKeyLog: options.onKeyLog,
  };
}

function checkRanges(options: QuicContextOptions, transport: Partial<TransportOptions>): void {
  checkConnectionIds(options);
  checkTransport(transport);
  inRange('maxHalfOpenConnections', options.maxHalfOpenConnections ?? 1, 1, Number.MAX_SAFE_INTEGER);
  inRange('maxTotalSendBufferBytes', options.maxTotalSendBufferBytes ?? 0, 0, Number.MAX_SAFE_INTEGER);
  checkSealingKeys(options);
  checkPreferredAddress(options);
  for (const port of options.blockedPorts ?? []) inRange('each of blockedPorts', port, 0, 65_535);
  checkAdmission(options);
}

function checkConnectionIds({ connectionIdLength, connectionIds }: QuicContextOptions): void {
  inRange('connectionIdLength', connectionIdLength ?? MIN_ID_LENGTH, MIN_ID_LENGTH, MAX_CONNECTION_ID_LENGTH);
  if (connectionIds === undefined) return;
  if (connectionIdLength !== undefined)
    throw new QuicUsageError(
      'invalid-option',
      'connectionIdLength is of random IDs: leave it out with connectionIds',
    );
  if (
    typeof connectionIds !== 'object' ||
    connectionIds === null ||
    typeof connectionIds.generate !== 'function'
  )
    throw new QuicUsageError(
      'invalid-option',
      'connectionIds must be an object with `length` and `generate`',
    );
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

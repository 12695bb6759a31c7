import type { CryptoProvider } from '@tsquic/crypto';
import { QuicUsageError } from '../errors/usage-error.ts';

/** A configuration of QUIC-LB as a balancer needs it. */
export interface QuicLbBalancerConfig {
  /** 0 to 6: the first three bits of every connection ID. */
  readonly configId: number;
  /** Length of a server ID, 1 to 15 bytes. */
  readonly serverIdLength: number;
  /** Length of a nonce, 4 to 18 bytes; with the server ID at most 19. */
  readonly nonceLength: number;
  /** 16 bytes. Without a key, any observer can see which server a connection ID leads to. */
  readonly key?: Uint8Array;
}

/** A configuration of QUIC-LB as a server needs it. */
export interface QuicLbServerConfig {
  /** 0 to 6: the first three bits of every connection ID. */
  readonly configId: number;
  /** ID of this server, 1 to 15 bytes. No other server of this configuration may have it. */
  readonly serverId: Uint8Array;
  /**
   * Length of a nonce, 4 to 18 bytes; with the server ID at most 19. A longer nonce allows more connection
   * IDs.
   */
  readonly nonceLength: number;
  /** 16 bytes. Without a key, any observer can see which server a connection ID leads to. */
  readonly key?: Uint8Array;
  /**
   * Whether the last five bits of the first byte encode the length, for hardware that needs it. Default
   * false: they are random.
   */
  readonly encodeLength?: boolean;
  /**
   * Whether connections get more IDs than their first one, which clients need in order to migrate. Default:
   * true with a key, false without one, because any observer could then see which IDs belong together.
   */
  readonly furtherIds?: boolean;
  /**
   * The first nonce, of `nonceLength` bytes: `QuicLbConnectionIds.nextNonce` of the last run when a program
   * starts again with the same key. Default: a random one, after which nonces of an earlier run may come
   * again.
   */
  readonly firstNonce?: Uint8Array;
  /**
   * How many nonces may be used, for several processes that share a server ID and divide its nonces. Default:
   * all.
   */
  readonly nonceCount?: number;
}

/** The configuration ID of unroutable connection IDs. */
export const UNROUTABLE = 7;

/** Throws `QuicUsageError` for a configuration that the draft forbids. */
export function checkQuicLbConfig(config: QuicLbBalancerConfig): void {
  const { configId, serverIdLength, nonceLength, key } = config;
  inRange('configId', configId, 0, UNROUTABLE - 1);
  inRange('length of serverId', serverIdLength, 1, 15);
  inRange('nonceLength', nonceLength, 4, 18);
  inRange('length of serverId and nonceLength together', serverIdLength + nonceLength, 5, 19);
  if (key !== undefined) inRange('length of key', key.length, 16, 16);
}

/** Throws `QuicUsageError` for a server's configuration that the draft forbids. */
export function checkQuicLbServer(config: QuicLbServerConfig): void {
  const { serverId, nonceLength, firstNonce, nonceCount } = config;
  checkQuicLbConfig({ ...config, serverIdLength: serverId?.length });
  if (firstNonce !== undefined) inRange('length of firstNonce', firstNonce.length, nonceLength, nonceLength);
  if (nonceCount !== undefined) inRange('nonceCount', nonceCount, 1, Number.MAX_SAFE_INTEGER);
}

/** Throws `QuicUsageError` for what is no provider: a program in JavaScript has no compiler that asks for one. */
export function checkProvider(crypto: CryptoProvider): void {
  if (typeof (crypto as Partial<CryptoProvider> | undefined)?.random === 'function') return;
  throw new QuicUsageError(
    'invalid-option',
    'QUIC-LB: crypto must be a CryptoProvider, as createNodeProvider() makes one',
  );
}

function inRange(name: string, value: unknown, low: number, high: number): void {
  if (Number.isInteger(value) && (value as number) >= low && (value as number) <= high) return;
  throw new QuicUsageError(
    'invalid-option',
    `QUIC-LB: ${name} must be an integer from ${low} to ${high}, not ${String(value)}`,
  );
}

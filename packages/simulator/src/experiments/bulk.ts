import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import type { QuicContextOptions } from '@tsquic/quic-core';
import type { LinkOptions } from '../link.ts';
import type { LoopOptions } from '../loop.ts';
import { createPair, type Pair } from '../pair.ts';

/** An unlimited download, and the path for it. */
export interface BulkOptions {
  readonly seed: number;
  readonly createCrypto: (random: RandomSource) => CryptoProvider;
  readonly congestion: NonNullable<QuicContextOptions['congestion']>;
  /** Rate of both directions. */
  readonly bytesPerSecond: number;
  readonly rttUs: number;
  /**
   * Further options from server to client, besides the rate, half of the round trip and a queue of one
   * bandwidth-delay product.
   */
  readonly down?: Partial<LinkOptions>;
  readonly up?: Partial<LinkOptions>;
  readonly serverLoop?: LoopOptions;
  readonly clientLoop?: LoopOptions;
  /** Time after the handshake that is not measured. Default 1 s. */
  readonly settlingUs?: number;
  readonly durationUs: number;
}

/** The result. */
export interface BulkResult {
  /** Share of the path's capacity that was used, 0 to 1. */
  readonly share: number;
  /**
   * Counts of the measured time: datagrams that came late, those declared lost, and those among them that
   * were acknowledged later.
   */
  readonly late: number;
  readonly lost: number;
  readonly spurious: number;
}

/** Download as fast as possible, and measure the share of the path that is used. */
export function runBulk(options: BulkOptions): BulkResult {
  const { bytesPerSecond, durationUs, settlingUs = 1_000_000 } = options;
  const pair = createBulkPair(options);
  pair.connect();
  pair.run(() => pair.client.has('connected'), CONNECTING_US);
  pair.client.sendPattern(1);
  pair.pass(settlingUs);
  const before = countersOf(pair);
  pair.pass(durationUs);
  const after = countersOf(pair);
  return {
    share: (after.bytes - before.bytes) / ((bytesPerSecond * durationUs) / 1e6),
    late: after.late - before.late,
    lost: after.lost - before.lost,
    spurious: after.spurious - before.spurious,
  };
}

function createBulkPair(options: BulkOptions): Pair {
  const { bytesPerSecond, rttUs, congestion, serverLoop, clientLoop } = options;
  return createPair({
    seed: options.seed,
    createCrypto: options.createCrypto,
    link: { bytesPerSecond, delayUs: rttUs / 2, queueBytes: (bytesPerSecond * rttUs) / 1e6 },
    ...(options.down !== undefined && { down: options.down }),
    ...(options.up !== undefined && { up: options.up }),
    server: { congestion },
    client: { congestion },
    serverHost: {
      keepsBytes: false,
      respond: () => ENDLESS_BYTES,
      ...(serverLoop !== undefined && { loop: serverLoop }),
    },
    clientHost: { keepsBytes: false, ...(clientLoop !== undefined && { loop: clientLoop }) },
  });
}

function countersOf({ down, server }: Pair): Record<'bytes' | 'late' | 'lost' | 'spurious', number> {
  const { packetsLost, packetsSpuriouslyLost } = server.connection.statistics();
  const { deliveredBytes, held } = down.counters;
  return { bytes: deliveredBytes, late: held, lost: packetsLost, spurious: packetsSpuriouslyLost };
}

const CONNECTING_US = 10_000_000;
const ENDLESS_BYTES = 2 ** 40;

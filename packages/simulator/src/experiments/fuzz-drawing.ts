import type { Address, TransportOptions } from '@tsquic/quic-core';
import { QUIC_1, QUIC_2 } from '../negotiated-version.ts';
import { PATH_SCHEDULER_NAMES, type PathSchedulerName } from '../path-schedulers.ts';
import { pick, type Random } from '../random.ts';
import { drawPathOptions } from './random-whereabouts.ts';

/** A call of a client's program that probes or changes the path. */
export interface FuzzMove {
  readonly atUs: number;
  /** Index of the client's address. */
  readonly from: number;
  readonly how: 'probe' | 'validated' | 'at-once' | 'open' | 'abandon';
}

/** The draws of a seed of `runFrameFuzz`, without those of the saboteur. */
export interface FuzzDrawing {
  readonly honest: 'server' | 'client';
  /** When the witness connects. */
  readonly witnessUs: number;
  readonly lossRate: number;
  readonly isRetried: boolean;
  /** A second connection has 0-RTT, which the server delivers at once, after the handshake, or when its replay store has answered. */
  readonly earlyData: 'none' | 'at-once' | 'after-handshake' | 'ask';
  /** Versions of the client and of the server; undefined for the defaults of the core. */
  readonly versions: readonly [client: readonly number[] | undefined, server: readonly number[] | undefined];
  readonly moves: readonly FuzzMove[];
  /** The server has a preferred address. */
  readonly hasPreferredAddress: boolean;
  /** Number of datagrams that each side sends on each connection. */
  readonly datagrams: number;
  readonly hasAckFrequency: boolean;
  /** Each side ends a stream by RESET_STREAM_AT. */
  readonly isResetting: boolean;
  readonly greaseQuicBit: boolean;
  /** Paths that both sides let be used at once; 0 where they do not offer multipath. */
  readonly maxPaths: number;
  /** What the programs of both sides do with several paths. */
  readonly pathUse: PathUse;
}

/** Data that is bound to a path, and how the paths are used. draft-ietf-quic-multipath §5.5, §5.9 */
export interface PathUse {
  /** When each side binds its streams, and to which path. */
  readonly binds: readonly { readonly atUs: number; readonly path: number | 'all' | undefined }[];
  /** The path of datagrams; undefined for whichever has room. */
  readonly datagramPath: number | 'all' | undefined;
  readonly scheduler: PathSchedulerName | undefined;
  readonly options: TransportOptions;
}

/** Draw all of it. */
export function drawFuzz(random: Random): FuzzDrawing {
  const honest = random.chance(0.6) ? 'server' : 'client';
  const paths = random.fork('paths');
  const maxPaths = paths.chance(0.4) ? 1 + paths.integer(4) : 0;
  return {
    honest,
    witnessUs: random.integer(200_000),
    isRetried: random.chance(0.2) && honest === 'server',
    lossRate: random.chance(0.3) ? 0.05 : 0,
    earlyData: random.chance(0.4) ? pick(random, ['at-once', 'after-handshake', 'ask']) : 'none',
    versions: random.chance(0.4) ? pick(random, VERSIONS) : [undefined, undefined],
    moves: [...(random.chance(0.4) ? drawMoves(random, MOVES) : []), ...drawPaths(paths, maxPaths)],
    maxPaths,
    pathUse: drawPathUse(paths.fork('use'), maxPaths),
    hasPreferredAddress: random.chance(0.3),
    datagrams: random.chance(0.5) ? 1 + random.integer(50) : 0,
    hasAckFrequency: random.chance(0.7),
    isResetting: random.chance(0.4),
    greaseQuicBit: random.chance(0.2),
  };
}

/** Calls about further paths, from both addresses besides the first. */
function drawPaths(random: Random, maxPaths: number): FuzzMove[] {
  return maxPaths === 0 ? [] : drawMoves(random, ['open', 'open', 'abandon']);
}

function drawPathUse(random: Random, maxPaths: number): PathUse {
  const options = drawPathOptions(random.fork('options'), maxPaths);
  if (maxPaths === 0) return { binds: [], datagramPath: undefined, scheduler: undefined, options };
  const drawPath = (): number | 'all' | undefined =>
    random.chance(0.2) ? undefined : random.chance(0.3) ? 'all' : random.integer(maxPaths);
  return {
    binds: Array.from({ length: random.integer(5) }, () => ({
      atUs: random.integer(2_000_000),
      path: drawPath(),
    })),
    datagramPath: drawPath(),
    scheduler: random.chance(0.4) ? pick(random, PATH_SCHEDULER_NAMES) : undefined,
    options,
  };
}

function drawMoves(random: Random, ways: readonly FuzzMove['how'][]): FuzzMove[] {
  return Array.from({ length: 1 + random.integer(4) }, () => ({
    atUs: random.integer(random.chance(0.7) ? 500_000 : 2_500_000),
    from: random.integer(3),
    how: pick(random, ways),
  }));
}

const MOVES = ['probe', 'validated', 'at-once'] as const;

const VERSIONS: readonly FuzzDrawing['versions'][] = [
  [[QUIC_2], undefined],
  [
    [QUIC_2, QUIC_1],
    [QUIC_1, QUIC_2],
  ],
  [
    [QUIC_1, QUIC_2],
    [QUIC_2, QUIC_1],
  ],
  [[QUIC_1, QUIC_2], [QUIC_2]],
];

/** Further addresses of the host at this address: another port, and another IP. */
export function elsewhere({ ip, port }: Address, other: Address): [Address, Address] {
  return [{ ip, port: port + 1 }, other];
}

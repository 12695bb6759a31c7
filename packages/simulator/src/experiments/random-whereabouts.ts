import type { TransportOptions } from '@tsquic/quic-core';
import { QUIC_1, QUIC_2 } from '../negotiated-version.ts';
import { PATH_SCHEDULER_NAMES } from '../path-schedulers.ts';
import { pick, type Random } from '../random.ts';
import type { Scenario, ScenarioMove } from '../scenario.ts';
import { drawLink } from './random-link.ts';

/**
 * Versions of both sides: the defaults, lists that lead to compatible negotiation or to Version Negotiation, or lists without
 * a common version. RFC 9368 §2
 */
export function drawVersions(random: Random): Pick<Scenario, 'versions'> {
  if (random.chance(0.5)) return {};
  const versions = random.chance(0.95) ? pick(random, VERSIONS) : pick(random, FOREIGN_VERSIONS);
  return { versions };
}

/** The address family, the client's moves, and the server's preferred address. RFC 9000 §9 */
export function drawWhereabouts(random: Random, isBehindNat: boolean): Partial<Scenario> {
  // The outer addresses of drawn NATs are IPv4.
  const isIpv6 = random.chance(0.3) && !isBehindNat;
  const moves = random.chance(0.4) ? drawMoves(random, isBehindNat) : [];
  const isOffered = random.chance(0.3);
  return {
    ...(isIpv6 && { family: 'ipv6' as const }),
    ...(moves.length > 0 && { moves, secondPath: { up: drawLink(random), down: drawLink(random) } }),
    ...(isOffered && {
      preferred: { offered: pick(random, ['ipv4', 'ipv6', 'both'] as const), isFollowed: random.chance(0.7) },
    }),
  };
}

/** Several paths at once for some of them: opened from other addresses, as backups or not. */
export function drawPaths(
  random: Random,
  alone: Partial<Scenario>,
  isBehindNat: boolean,
): Partial<Scenario> & { readonly maxPaths: number } {
  if (!random.chance(0.3)) return { ...alone, maxPaths: 0 };
  const maxPaths = 1 + random.integer(4);
  const places = isBehindNat ? (['address'] as const) : (['address', 'port'] as const);
  const opened = Array.from({ length: random.integer(maxPaths) }, () => ({
    afterUs: random.integer(2_000_000),
    to: pick(random, places),
    how: pick(random, ['open', 'open', 'open-backup'] as const),
  }));
  if (opened.length === 0) return { ...alone, maxPaths };
  const { moves = [], secondPath = { up: drawLink(random), down: drawLink(random) } } = alone;
  const more = drawPathUse(random.fork('use'), maxPaths);
  return { ...alone, ...more, moves: [...opened, ...moves, ...more.moves], secondPath, maxPaths };
}

/** What programs do with several paths: data that is bound to one, or leaves on all; schedulers of their own; paths that end. */
function drawPathUse(
  random: Random,
  maxPaths: number,
): Required<Pick<Scenario, 'moves' | 'movesMayFail'>> & Partial<Scenario> {
  const drawPath = (): number | 'all' => (random.chance(0.25) ? 'all' : random.integer(maxPaths));
  const binds = Array.from({ length: random.chance(0.5) ? 1 + random.integer(3) : 0 }, () => ({
    afterUs: random.integer(1_000_000),
    to: 'home' as const,
    how: 'bind' as const,
    path: random.chance(0.2) ? undefined : drawPath(),
  }));
  const changes = Array.from({ length: random.chance(0.5) ? 1 + random.integer(3) : 0 }, () => ({
    afterUs: random.integer(1_000_000),
    to: pick(random, ['home', 'address', 'port'] as const),
    how: pick(random, ['backup', 'available', 'renew-ids', 'open', 'abandon'] as const),
  }));
  return {
    moves: [...binds, ...changes],
    movesMayFail: true,
    ...(random.chance(0.4) && { scheduler: pick(random, PATH_SCHEDULER_NAMES) }),
    ...(random.chance(0.4) && { datagramPath: drawPath() }),
  };
}

/** Options of one side about several paths. draft-ietf-quic-multipath §5.5, §5.9 */
export function drawPathOptions(random: Random, maxPaths: number): TransportOptions {
  if (maxPaths === 0) return { maxPaths };
  return {
    maxPaths,
    ...(random.chance(0.15) && { redundantPaths: true }),
    ...(random.chance(0.3) && { pathKeepAliveMs: 100 + random.integer(5000) }),
    ...(random.chance(0.15) && { pathIdleTimeoutMs: 1000 + random.integer(10_000) }),
  };
}

function drawMoves(random: Random, isBehindNat: boolean): ScenarioMove[] {
  // The NAT gives all ports of the first IP the same outer address.
  const places = isBehindNat ? (['home', 'address'] as const) : PLACES;
  return Array.from({ length: 1 + random.integer(4) }, () => ({
    afterUs: random.integer(random.chance(0.5) ? 50_000 : 3_000_000),
    to: pick(random, places),
    how: pick(random, ['probe', 'validated', 'validated', 'at-once'] as const),
  }));
}

const PLACES = ['home', 'port', 'address', 'address', 'family'] as const;

const VERSIONS: readonly NonNullable<Scenario['versions']>[] = [
  { client: [QUIC_2, QUIC_1] },
  { client: [QUIC_1, QUIC_2], server: [QUIC_2, QUIC_1] },
  { client: [QUIC_2, QUIC_1], server: [QUIC_1, QUIC_2] },
  { client: [QUIC_2], server: [QUIC_1, QUIC_2] },
  { client: [QUIC_1, QUIC_2], server: [QUIC_2] },
  { client: [QUIC_2, QUIC_1], server: [QUIC_1] },
];
const FOREIGN_VERSIONS: readonly NonNullable<Scenario['versions']>[] = [
  { client: [QUIC_1], server: [QUIC_2] },
  { client: [QUIC_2], server: [QUIC_1] },
];

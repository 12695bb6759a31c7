import { QUIC_1, QUIC_2 } from '../negotiated-version.ts';
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
  return { ...alone, moves: [...opened, ...moves], secondPath, maxPaths };
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

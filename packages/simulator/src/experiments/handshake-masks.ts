import { Group } from '@tsquic/crypto';
import type { LinkOptions } from '../link.ts';
import { QUIC_1, QUIC_2 } from '../negotiated-version.ts';
import type { Scenario, ScenarioMove } from '../scenario.ts';
import { createScenarioSession, runScenario, type ScenarioRunOptions } from '../scenario-run.ts';
import { type Summary, summarize } from '../sample.ts';

/** Bits of a mask: the low half selects lost datagrams of the client, the high half those of the server. */
const BITS = 12;
const HALF = BITS / 2;
/** How many masks there are. */
export const MASKS: number = 2 ** BITS;

/**
 * Six losses in a row double a probe timeout of 999 ms six times; with losses of both sides, the time is
 * somewhat less than twice that.
 */
export const MASK_CEILING_US = 130_000_000;

/**
 * Kinds of first flights: 'large' has a server certificate chain of 7.5 KB, more than the anti-amplification
 * limit; 'post-quantum' is a key exchange by X25519MLKEM768, whose ClientHello and ServerHello each take two
 * datagrams; 'retry' makes the client prove its address. With 'version 2' the client begins in version 1, and the
 * server changes to version 2, which it prefers: compatible negotiation, RFC 9368 §2.3. 'multipath': both ends offer it, and the
 * client opens a second path, which is not lossy, as soon as it may.
 */
export const MASK_FLIGHTS = [
  'plain',
  'large',
  'post-quantum',
  'retry',
  '0-RTT accepted',
  '0-RTT rejected',
  'version 2',
  'version 2, large',
  'version 2, post-quantum',
  'version 2, retry',
  'version 2, 0-RTT accepted',
  'version 2, 0-RTT rejected',
  'multipath',
  'multipath, 0-RTT accepted',
] as const;
/** One of `MASK_FLIGHTS`. */
export type MaskFlight = (typeof MASK_FLIGHTS)[number];

/** The results of a family of masks. */
export interface MaskReport {
  readonly flight: MaskFlight;
  readonly runs: number;
  readonly failedMasks: readonly number[];
  readonly faults: readonly string[];
  /** Virtual milliseconds. */
  readonly times: Summary;
  readonly slowestMask: number;
}

/**
 * One handshake and one small exchange for each subset of the first six datagrams of either side, which is
 * lost.
 */
export function runHandshakeMasks(
  flight: MaskFlight,
  masks: readonly number[],
  options: ScenarioRunOptions,
): MaskReport {
  const failedMasks: number[] = [];
  const faults: string[] = [];
  const times: number[] = [];
  let slowestMask = 0;
  let slowestUs = 0;
  const anyScenario = maskScenario(flight, 0);
  const session =
    anyScenario.earlyData === undefined ? undefined : createScenarioSession(anyScenario, options);
  for (const mask of masks) {
    const result = runScenario(maskScenario(flight, mask), {
      ...options,
      ...(session !== undefined && { session }),
    });
    times.push(result.tookUs / 1000);
    if (result.tookUs > slowestUs) [slowestUs, slowestMask] = [result.tookUs, mask];
    if (result.faults.length === 0) continue;
    failedMasks.push(mask);
    faults.push(`mask ${mask} (${describeMask(mask)}): ${result.faults[0]}`);
  }
  return { flight, runs: masks.length, failedMasks, faults, times: summarize(times), slowestMask };
}

/** The mask as two rows of fates: `x` is lost. */
export function describeMask(mask: number): string {
  return `up ${fates(mask, 0)} down ${fates(mask, HALF)}`;
}

function maskScenario(flight: MaskFlight, mask: number): Scenario {
  const has = (part: string): boolean => flight.split(', ').includes(part);
  const lossy = (shift: number): Partial<LinkOptions> => ({
    loss: { kind: 'mask', mask: fates(mask, shift) },
  });
  const patient = { handshakeTimeoutMs: MASK_CEILING_US / 1000, idleTimeoutMs: MASK_CEILING_US / 1000 };
  return {
    name: `mask-${mask}`,
    about: describeMask(mask),
    link: { delayUs: 10_000 },
    up: lossy(0),
    down: lossy(HALF),
    client: { ...patient, ...(has('multipath') && { maxPaths: 3 }) },
    server: { ...patient, ...(has('multipath') && { maxPaths: 3 }) },
    ...(has('multipath') && { moves: [OPEN], secondPath: { up: NO_LOSS, down: NO_LOSS } }),
    ...(has('large') && { chainBytes: 7500 }),
    ...(has('retry') && { retry: 'always' as const }),
    ...(has('post-quantum') && { groups: [Group.X25519MLKEM768, Group.X25519] }),
    ...(has('0-RTT accepted') && { earlyData: 'accepted' }),
    ...(has('0-RTT rejected') && { earlyData: 'rejected' }),
    ...(has('version 2') && { versions: { client: [QUIC_1, QUIC_2], server: [QUIC_2, QUIC_1] } }),
    exchanges: [{ requestBytes: 16, responseBytes: 1000 }],
    ceilingUs: MASK_CEILING_US,
  };
}

const OPEN: ScenarioMove = { afterUs: 0, to: 'address', how: 'open' };
const NO_LOSS: Partial<LinkOptions> = { loss: { kind: 'list', indexes: [] } };

function fates(mask: number, shift: number): string {
  return Array.from({ length: HALF }, (_, bit) => ((mask >>> (shift + bit)) & 1 ? 'x' : '.')).join('');
}

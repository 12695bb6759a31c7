import type { LinkOptions } from '../link.ts';
import { runScenario, type ScenarioRunOptions } from '../scenario-run.ts';
import { type Summary, summarize } from '../sample.ts';

/** Bits of a mask: the low half loses datagrams of the client, the high half those of the server. */
const BITS = 12;
const HALF = BITS / 2;
/** How many masks there are. */
export const MASKS: number = 2 ** BITS;

/** Six losses in a row double a probe timeout of 999 ms six times; with both sides losing, somewhat less than twice that. */
export const MASK_CEILING_US = 130_000_000;

/** What became of a family of masks. */
export interface MaskReport {
  readonly flight: 'plain' | 'large';
  readonly runs: number;
  readonly failedMasks: readonly number[];
  readonly faults: readonly string[];
  /** Virtual milliseconds. */
  readonly times: Summary;
  readonly slowestMask: number;
}

/**
 * One handshake and one small exchange for each way to lose some of the first six datagrams of either side.
 *
 * @param flight - 'large' makes the server's certificate chain 7.5 KB, more than it may send unasked.
 */
export function runHandshakeMasks(
  flight: 'plain' | 'large',
  masks: readonly number[],
  options: ScenarioRunOptions,
  onRun: (done: number) => void = () => {},
): MaskReport {
  const failedMasks: number[] = [];
  const faults: string[] = [];
  const times: number[] = [];
  let slowestMask = 0;
  let slowestUs = 0;
  for (const mask of masks) {
    const result = runScenario(maskScenario(flight, mask), options);
    times.push(result.tookUs / 1000);
    onRun(times.length);
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

function maskScenario(flight: 'plain' | 'large', mask: number) {
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
    client: patient,
    server: patient,
    ...(flight === 'large' && { chainBytes: 7500 }),
    exchanges: [{ requestBytes: 16, responseBytes: 1000 }],
    ceilingUs: MASK_CEILING_US,
  };
}

function fates(mask: number, shift: number): string {
  return Array.from({ length: HALF }, (_, bit) => ((mask >>> (shift + bit)) & 1 ? 'x' : '.')).join('');
}

import type { TransportOptions } from '@tsquic/quic-core';
import type { LinkOptions } from '../link.ts';
import type { Exchange, Scenario, ScenarioMove } from '../scenario.ts';
import { MS } from './setting.ts';

/** 10 Mbit/s and 10 ms each way, a queue of 40 ms: the links of picoquic's multipath tests. */
export const PLAIN: Partial<LinkOptions> = {
  bytesPerSecond: 1_250_000,
  delayUs: 10 * MS,
  queueBytes: 50_000,
};
export const TWO_PATHS: TransportOptions = { maxPaths: 3 };
export const BOTH: Pick<Scenario, 'link' | 'client' | 'server'> = {
  link: PLAIN,
  client: TWO_PATHS,
  server: TWO_PATHS,
};
export const OPEN: ScenarioMove = { afterUs: 100 * MS, to: 'address', how: 'open' };
/** One megabyte takes 0.8 s on one of the links, and half of that on both. */
export const MEGABYTE: readonly Exchange[] = [
  { requestBytes: 1_000_000, responseBytes: 0, afterMoves: true },
];
export const LARGE: readonly Exchange[] = [{ requestBytes: 3_000_000, responseBytes: 0, afterMoves: true }];
export const HALF = 500_000;
/** Multipath, and DATAGRAM frames. */
export const WITH_DATAGRAMS: TransportOptions = { maxPaths: 3, maxDatagramFrameBytes: 65_535 };

/** Nothing passes in this time. */
export function silent(fromMs: number, untilMs: number = Infinity): Partial<LinkOptions> {
  return { blackholes: [{ fromUs: fromMs * MS, untilUs: untilMs * MS }] };
}

/** The same both ways. */
export function both(options: Partial<LinkOptions>): NonNullable<Scenario['secondPath']> {
  return { up: options, down: options };
}

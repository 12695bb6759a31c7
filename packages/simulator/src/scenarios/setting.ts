import type { LinkOptions } from '../link.ts';
import type { Exchange } from '../scenario.ts';
import { type PathModel, transferUs } from './model.ts';

/** A millisecond and a second, in microseconds. */
export const MS = 1000;
export const S = 1_000_000;

/** 10 Mbit/s, 25 ms each way, a queue of one round-trip time. */
export const DSL: Partial<LinkOptions> = { bytesPerSecond: 1_250_000, delayUs: 25 * MS, queueBytes: 64_000 };
export const DSL_MODEL: PathModel = { rttUs: 50 * MS, bytesPerSecond: 1_250_000 };

/** A request, and a megabyte in response: 0.8 s of the DSL link, and about six round trips of slow start. */
export const MEGABYTE: readonly Exchange[] = [{ requestBytes: 100, responseBytes: 1_000_000 }];

/** One round trip for the handshake, one from the request to the first byte, then the transfer: 1021 ms. */
export const MEGABYTE_US: number = 2 * DSL_MODEL.rttUs + transferUs(1_000_000, DSL_MODEL);

export const SMALL: readonly Exchange[] = [{ requestBytes: 100, responseBytes: 1000 }];

import type { LinkOptions } from '../link.ts';
import type { Exchange } from '../scenario.ts';

/** A millisecond and a second, in microseconds. */
export const MS = 1000;
export const S = 1_000_000;

/** 10 Mbit/s, 25 ms each way, a queue of one round-trip time. */
export const DSL: Partial<LinkOptions> = { bytesPerSecond: 1_250_000, delayUs: 25 * MS, queueBytes: 64_000 };

/** A request, and a megabyte in return: 0.8 s of the DSL link, and about six round trips to get there. */
export const MEGABYTE: readonly Exchange[] = [{ requestBytes: 100, responseBytes: 1_000_000 }];

export const SMALL: readonly Exchange[] = [{ requestBytes: 100, responseBytes: 1000 }];

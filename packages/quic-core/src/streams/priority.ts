import { QuicUsageError } from '../errors/usage-error.ts';

/**
 * The priority of a stream, 0 to 255, lower ones first; or what HTTP says of a response, for which see `priorityOf`.
 * Streams of an even priority take turns, a packet each; of an odd one, the stream with the lowest ID sends all it has
 * before the next.
 */
export type StreamPriority = number | HttpPriority;

/** How soon a response is needed, and whether parts of it are of use. RFC 9218 §4 */
export interface HttpPriority {
  /** 0 to 7, lower ones first. Default 3. RFC 9218 §4.1 */
  readonly urgency?: number;
  /** Whether what has come is of use before the rest. Default false. RFC 9218 §4.2 */
  readonly incremental?: boolean;
}

export const MAX_PRIORITY = 255;
/**
 * By default, streams take turns, so that a short request on one stream does not wait for a long upload on
 * another.
 */
export const DEFAULT_PRIORITY = 8;

const URGENCIES = 8;
const DEFAULT_URGENCY = 3;

/**
 * The priority of an urgency, 2 to 17: the two most urgent are left for what must not wait for any response. Incremental
 * responses of one urgency take turns; others of it go one by one, after those. Throws
 * `QuicUsageError('invalid-option')` for what is none. RFC 9218 §10
 */
export function priorityOf(priority: StreamPriority): number {
  if (typeof priority === 'number') return checked(priority, 'a priority', MAX_PRIORITY);
  if (typeof priority !== 'object' || priority === null) refuse('a priority is a number or an object');
  const { urgency = DEFAULT_URGENCY, incremental = false } = priority;
  if (typeof incremental !== 'boolean') refuse('incremental is a boolean');
  return 2 * (checked(urgency, 'an urgency', URGENCIES - 1) + 1) + (incremental ? 0 : 1);
}

function checked(value: number, what: string, largest: number): number {
  if (!Number.isInteger(value) || value < 0 || value > largest)
    refuse(`${what} is an integer from 0 to ${largest}`);
  return value;
}

function refuse(reason: string): never {
  throw new QuicUsageError('invalid-option', reason);
}

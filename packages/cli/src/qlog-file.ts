import { Failure } from './failure.ts';

/** One event of a qlog file of any program. */
export interface QlogEvent {
  /** Milliseconds. */
  readonly time: number;
  /** The name without the category, in which the two namings differ: `packet_sent`. */
  readonly name: string;
  readonly data: QlogObject;
  /** The path that it is about, where that is not the first. */
  readonly tuple?: string;
}

/** Any JSON object. */
export type QlogObject = Readonly<Record<string, unknown>>;

/** A parsed qlog file. */
export interface QlogFile {
  readonly isClient: boolean;
  readonly title: string;
  readonly events: readonly QlogEvent[];
}

/**
 * Read a JSON text sequence of qlog events; an incomplete last record is left out. Throws a `Failure` for
 * anything else.
 */
export function parseQlog(text: string, path: string): QlogFile {
  const [head, ...records] = text
    .split(RECORD_START)
    .map(parseRecord)
    .filter((record) => record !== undefined);
  if (head === undefined || !('trace' in head)) {
    throw new Failure(
      'ERR_TSQUIC_QLOG',
      `${path} is no qlog in JSON-SEQ`,
      'tsquic get --qlog DIR writes such files',
    );
  }
  const trace = objectAt(head, 'trace');
  return {
    isClient: objectAt(trace, 'vantage_point')['type'] !== 'server',
    title: textOf(head['title'], ''),
    events: records.filter(isEvent).map(({ time, name, data, tuple }) => ({
      time,
      name: name.slice(name.indexOf(':') + 1),
      data,
      ...(typeof tuple === 'string' && tuple !== '' ? { tuple } : {}),
    })),
  };
}

/** Text and numbers as text; `otherwise` for anything else. */
export function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;
}

/** The object under a key, or an empty one. */
export function objectAt(object: QlogObject, key: string): QlogObject {
  const value = object[key];
  return typeof value === 'object' && value !== null ? (value as QlogObject) : {};
}

/** The objects in the array under a key. */
export function objectsAt(object: QlogObject, key: string): readonly QlogObject[] {
  const value = object[key];
  return Array.isArray(value) ? (value as QlogObject[]) : [];
}

function parseRecord(text: string): QlogObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as QlogObject) : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(record: QlogObject): record is QlogObject & QlogEvent {
  const { time, name, data } = record;
  return typeof time === 'number' && typeof name === 'string' && typeof data === 'object' && data !== null;
}

// RFC 7464 begins each record with this character, but some programs leave it out.
const RECORD_START = /\u001e|\n(?=\{)/u;

import { latin1FromBytes } from '../extension/latin1.ts';
import { unixTimeMsOf } from './calendar.ts';
import { type DerElement, DerError, DerReader } from './der.ts';

/** From when and until when a certificate holds: Unix time in milliseconds, both ends included. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** The content of a Validity, RFC 5280 §4.1.2.5. Throws a DerError for a date that no calendar has. */
export function readValidity(content: Uint8Array): Validity {
  const reader = new DerReader(content);
  const notBeforeMs = readTime(reader.element());
  const notAfterMs = readTime(reader.element());
  reader.finish();
  // The last second is valid to its end.
  return { notBeforeMs, notAfterMs: notAfterMs + 999 };
}

/** UTCTime or GeneralizedTime: Greenwich time with seconds and without fractions. RFC 5280 §4.1.2.5.1, §4.1.2.5.2 */
function readTime({ tag, content }: DerElement): number {
  const text = latin1FromBytes(content.subarray(0, 16));
  const form = tag === UTC_TIME ? SHORT : tag === GENERALIZED_TIME ? LONG : undefined;
  if (form === undefined || content.length > 15 || !form.test(text))
    throw new DerError('a date is malformed');
  const full = tag === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const [year, month, day, hour, minute, second] = [
    full.slice(0, 4),
    full.slice(4, 6),
    full.slice(6, 8),
    full.slice(8, 10),
    full.slice(10, 12),
    full.slice(12, 14),
  ].map(Number) as [number, number, number, number, number, number];
  const unixTimeMs = unixTimeMsOf(year, month, day, hour, minute, second);
  if (unixTimeMs === undefined) throw new DerError('a date is not in the calendar');
  return unixTimeMs;
}

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SHORT = /^\d{12}Z$/;
const LONG = /^\d{14}Z$/;

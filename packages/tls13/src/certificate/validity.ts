import { latin1FromBytes } from '@tsquic/bytes';
import { type DerElement, DerError, DerReader } from '@tsquic/bytes/der';
import { unixTimeMsOf } from './calendar.ts';

/** The period in which a certificate is valid, with both ends: Unix time in milliseconds. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Read the content of a Validity, RFC 5280 §4.1.2.5. Throws a DerError for a date that does not exist. */
export function readValidity(content: Uint8Array): Validity {
  const reader = new DerReader(content);
  const notBeforeMs = readTime(reader.element());
  const notAfterMs = readTime(reader.element());
  reader.finish();
  // The certificate is valid to the end of its last second.
  return { notBeforeMs, notAfterMs: notAfterMs + 999 };
}

/** UTCTime or GeneralizedTime: UTC with seconds and without fractions. RFC 5280 §4.1.2.5.1, §4.1.2.5.2 */
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

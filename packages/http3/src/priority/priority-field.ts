import type { HttpPriority } from '@tsquic/quic-core';
import { parseDictionary } from './dictionary.ts';

/**
 * The priority that a field value tells, RFC 9218 §4: a Dictionary of which `u` and `i` are known. Members that are unknown, of
 * another type or out of range are ignored, and so is a value that is no Dictionary or too long for a priority.
 */
export function decodePriority(value: string): HttpPriority {
  const members = value.length > MOST_BYTES ? undefined : parseDictionary(value);
  const [urgency, incremental] = [members?.get('u'), members?.get('i')];
  const isUrgency = typeof urgency === 'number' && urgency >= 0 && urgency <= 7;
  return { urgency: isUrgency ? urgency : 3, incremental: incremental === true };
}

/** The field value that tells a priority; parameters at their defaults are left out. RFC 9218 §5 */
export function encodePriority({ urgency = 3, incremental = false }: HttpPriority): string {
  const parts = [...(urgency === 3 ? [] : [`u=${urgency}`]), ...(incremental ? ['i'] : [])];
  return parts.join(', ');
}

/** Bytes of a value that is read: clients repeat one for a few bytes, out of the table of field compression. RFC 9114 §10.5 */
const MOST_BYTES = 256;

import type { HttpPriority } from '@tsquic/quic-core';

/**
 * The priority that a field value tells, RFC 9218 §4: a dictionary of RFC 8941 of which `u` and `i` are known. Parameters that are
 * unknown, of another type or out of range are ignored, and so is a value that is no dictionary or too long for a priority.
 */
export function decodePriority(value: string): HttpPriority {
  let urgency = 3;
  let incremental = false;
  if (value.length > MOST_BYTES) return { urgency, incremental };
  for (const member of value.split(',')) {
    const found = MEMBER.exec(member);
    if (found === null) return { urgency: 3, incremental: false };
    const [, key, item = '?1'] = found;
    if (key === 'u' && /^[0-7]$/.test(item)) urgency = Number(item);
    else if (key === 'i' && /^\?[01]$/.test(item)) incremental = item === '?1';
  }
  return { urgency, incremental };
}

/** The field value that tells a priority; parameters at their defaults are left out. RFC 9218 §5 */
export function encodePriority({ urgency = 3, incremental = false }: HttpPriority): string {
  const parts = [...(urgency === 3 ? [] : [`u=${urgency}`]), ...(incremental ? ['i'] : [])];
  return parts.join(', ');
}

/** Bytes of a value that is read: clients repeat one for a few bytes, out of the table of field compression. RFC 9114 §10.5 */
const MOST_BYTES = 256;

/**
 * A key, an item without commas or quotes, and parameters, which have no meaning. Spaces are matched in one place only, so that
 * the time follows the length.
 */
const MEMBER = /^[ \t]*([a-z*][a-z0-9_.*-]*)(?:=([^,;"\s]+|"[^"]*"))?(?:;[^,"]*|[ \t]*)$/;

import type { FieldLine } from './field-line.ts';

/**
 * Whether a field is sent as a literal that nobody may index: where the caller says so, where it carries credentials, and
 * where it is a cookie so short that it could be guessed as a whole. RFC 9204 §7.1.3
 */
export function isSensitive({ name, value, sensitive }: FieldLine): boolean {
  if (sensitive === true) return true;
  if (name === 'cookie' || name === 'set-cookie') return value.length < SHORT_COOKIE;
  return name === 'authorization' || name === 'proxy-authorization';
}

/** A cookie below this many characters is guessed more readily than it is worth compressing. */
const SHORT_COOKIE = 20;

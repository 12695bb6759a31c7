/** A name and a value. Characters stand for bytes: none is above U+00FF. */
export interface FieldLine {
  readonly name: string;
  readonly value: string;
  /** It may never enter a table, here or at any later hop. RFC 9204 §7.1.3. Default: false. */
  readonly sensitive?: boolean;
}

/** What a field line counts in a table or a section: its bytes and 32 more. RFC 9204 §3.2.1, RFC 9114 §4.2.2 */
export function fieldSize(name: string, value: string): number {
  return name.length + value.length + FIELD_OVERHEAD;
}

/** Bytes that each field line counts besides its name and value. */
export const FIELD_OVERHEAD = 32;

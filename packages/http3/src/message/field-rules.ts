import { type FieldLine, fieldSize } from '@tsquic/qpack';
import { malformed } from '../errors/http3-error.ts';

/** A field name in lower case. RFC 9110 §5.1, RFC 9114 §4.2 */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** A field value: no control characters, and no space at its ends. RFC 9110 §5.5 */
const VALUE = /^(?:[!-~\u0080-\u00ff](?:[\t -~\u0080-\u00ff]*[!-~\u0080-\u00ff])?)?$/;
/** A method. RFC 9110 §9.1 */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Fields that are about a connection of HTTP/1.1. RFC 9114 §4.2, RFC 9110 §7.6.1 */
const CONNECTION_SPECIFIC = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** What a field section belongs to. */
export type SectionKind = 'request' | 'response' | 'trailers';

/** Throw for a field that may not stand in a section of this kind. RFC 9114 §4.2, §10.3 */
function checkField({ name, value }: FieldLine, kind: SectionKind): void {
  if (!NAME.test(name)) throw malformed('a field name is invalid');
  if (!VALUE.test(value)) throw malformed(`the value of '${name}' is invalid`);
  if (CONNECTION_SPECIFIC.has(name)) throw malformed(`'${name}' is about a connection of HTTP/1.1`);
  if (name === 'te' && (kind !== 'request' || value !== 'trailers'))
    throw malformed("'te' may say 'trailers' only");
}

/** Whether a string is a method or another token. RFC 9110 §5.6.2 */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Whether a string is a field value. RFC 9110 §5.5 */
function isFieldValue(text: string): boolean {
  return VALUE.test(text);
}

/** A section taken apart: pseudo-header fields, which stand first and once each, and the rest. RFC 9114 §4.3 */
export interface SectionParts {
  readonly pseudo: ReadonlyMap<string, string>;
  readonly fields: readonly FieldLine[];
}

/** Take a section apart. Throws for fields that break RFC 9114 §4.2 and §4.3. */
export function takeApart(
  section: readonly FieldLine[],
  kind: SectionKind,
  allowed: readonly string[],
): SectionParts {
  const pseudo = new Map<string, string>();
  const fields: FieldLine[] = [];
  for (const field of section) {
    const { name, value } = field;
    if (!name.startsWith(':')) {
      checkField(field, kind);
      // A length that is told twice is told once. RFC 9110 §8.6
      if (!isContentLength(field) || !fields.some((one) => one.name === name && one.value === value))
        fields.push(field);
      continue;
    }
    if (fields.length > 0) throw malformed('a pseudo-header field stands after a field');
    if (!allowed.includes(name)) throw malformed('a pseudo-header field has no meaning here');
    if (pseudo.has(name)) throw malformed(`'${name}' stands twice`);
    if (!isFieldValue(value)) throw malformed(`the value of '${name}' is invalid`);
    pseudo.set(name, value);
  }
  return { pseudo, fields };
}

/** The value of Content-Length; -1 where there is none. Throws for one that is no number, or several that differ. RFC 9110 §8.6 */
export function contentLengthOf(fields: readonly FieldLine[]): number {
  let length = -1;
  for (const { name, value } of fields) {
    if (name !== 'content-length') continue;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : -1;
    if (number < 0 || (length >= 0 && number !== length)) throw malformed("'content-length' is invalid");
    length = number;
  }
  return length;
}

/** Fields with their names in lower case, as they are sent. RFC 9114 §4.2 */
export function lowerCased(fields: readonly FieldLine[]): FieldLine[] {
  return fields.map((field) => ({ ...field, name: field.name.toLowerCase() }));
}

/** The fields but for those that tell the length of content. */
export function withoutContentLength(fields: readonly FieldLine[]): readonly FieldLine[] {
  return fields.some(isContentLength) ? fields.filter((field) => !isContentLength(field)) : fields;
}

function isContentLength({ name }: FieldLine): boolean {
  return name === 'content-length';
}

/** The size of a section by which peers limit it. RFC 9114 §4.2.2 */
export function sectionSize(fields: readonly FieldLine[]): number {
  return fields.reduce((sum, { name, value }) => sum + fieldSize(name, value), 0);
}

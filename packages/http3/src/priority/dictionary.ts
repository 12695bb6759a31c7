/** What a member of a dictionary says: an Integer or a Boolean; undefined for an Inner List and for Items of other types. */
export type MemberValue = number | boolean | undefined;

/** Parse a Dictionary, RFC 8941 §4.2.2; undefined for a text that is none. Of members with one key the last one counts. */
export function parseDictionary(text: string): ReadonlyMap<string, MemberValue> | undefined {
  const members = new Map<string, MemberValue>();
  const scanner = new Scanner(text);
  scanner.take(SPACES);
  if (scanner.isAtEnd) return members;
  for (;;) {
    const key = scanner.take(KEY);
    if (key === undefined) return undefined;
    const value = scanner.take(EQUALS) === undefined ? true : parseMember(scanner);
    if (value === INVALID || !skipParameters(scanner)) return undefined;
    members.set(key, value);
    scanner.take(WHITESPACE);
    if (scanner.isAtEnd) return members;
    if (scanner.take(COMMA) === undefined) return undefined;
    scanner.take(WHITESPACE);
  }
}

/** RFC 8941 §4.2.1.1 */
function parseMember(scanner: Scanner): MemberValue | typeof INVALID {
  return scanner.take(OPEN) === undefined ? parseBareItem(scanner) : skipInnerList(scanner);
}

/** RFC 8941 §4.2.1.2 */
function skipInnerList(scanner: Scanner): undefined | typeof INVALID {
  for (;;) {
    const space = scanner.take(SPACES);
    if (scanner.take(CLOSE) !== undefined) return undefined;
    const isFirst = scanner.previous === '(';
    if (space === '' && !isFirst) return INVALID;
    if (parseBareItem(scanner) === INVALID || !skipParameters(scanner)) return INVALID;
  }
}

/** RFC 8941 §4.2.3.1 */
function parseBareItem(scanner: Scanner): MemberValue | typeof INVALID {
  const number = scanner.take(NUMBER);
  if (number !== undefined) return number.includes('.') ? undefined : Number(number) || 0;
  const boolean = scanner.take(BOOLEAN);
  if (boolean !== undefined) return boolean === '?1';
  return OTHERS.some((pattern) => scanner.take(pattern) !== undefined) ? undefined : INVALID;
}

/** Read over parameters, which have no meaning here; returns whether they are well-formed. RFC 8941 §4.2.3.2 */
function skipParameters(scanner: Scanner): boolean {
  while (scanner.take(SEMICOLON) !== undefined) {
    if (scanner.take(KEY) === undefined) return false;
    if (scanner.take(EQUALS) !== undefined && parseBareItem(scanner) === INVALID) return false;
  }
  return true;
}

/** Reads a text from its beginning, by patterns that stand at the present place. */
class Scanner {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at === this.text.length;
  }

  /** The last character that was read. */
  get previous(): string {
    return this.text.charAt(this.at - 1);
  }

  /** Read what the pattern, which is sticky, matches here; undefined where it does not. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}

const INVALID = Symbol('invalid');

// Each pattern takes time by the length of what it matches.
const SPACES = / */y;
const WHITESPACE = /[ \t]*/y;
const COMMA = /,/y;
const SEMICOLON = /; */y;
const EQUALS = /=/y;
const OPEN = /\(/y;
const CLOSE = /\)/y;
const KEY = /[a-z*][a-z0-9_.*-]*/y;
const NUMBER = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const BOOLEAN = /\?[01]/y;
const STRING = /"(?:[ !#-[\]-~]|\\["\\])*"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const BYTES = /:[A-Za-z0-9+/=]*:/y;
/** Items of types that no member of a priority has. */
const OTHERS: readonly RegExp[] = [STRING, TOKEN, BYTES];

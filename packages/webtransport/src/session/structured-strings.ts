/**
 * Strings as Structured Fields have them, RFC 9651: a List of Strings, and an Item that is one. Every other type makes the whole
 * field count as absent; parameters are read and ignored. draft-ietf-webtrans-http3 §3.3
 */

/** The field value of a list of strings. Throws a RangeError for a string that has no such form. RFC 9651 §4.1.6 */
export function encodeStrings(strings: readonly string[]): string {
  return strings.map(encodeString).join(', ');
}

/** The field value of one string. Throws a RangeError for one with characters outside of ASCII, or controls. RFC 9651 §4.1.6 */
export function encodeString(text: string): string {
  if (!isRepresentable(text)) throw new RangeError(`${JSON.stringify(text)} has characters outside of ASCII`);
  return `"${text.replace(/["\\]/g, (character) => `\\${character}`)}"`;
}

/** Whether a string can stand in such a field. RFC 9651 §3.3.3 */
function isRepresentable(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** The strings of a List; undefined where it is none, or has a member of another type. RFC 9651 §4.2.1 */
export function decodeStrings(value: string): string[] | undefined {
  const scanner = new Scanner(value);
  scanner.skipSpaces();
  if (scanner.isAtEnd) return [];
  const strings: string[] = [];
  for (;;) {
    const text = scanner.string();
    if (text === undefined || !scanner.skipParameters()) return undefined;
    strings.push(text);
    scanner.skipBlanks();
    if (scanner.isAtEnd) return strings;
    if (!scanner.take(',')) return undefined;
    scanner.skipBlanks();
    if (scanner.isAtEnd) return undefined;
  }
}

/** The string of an Item; undefined for one of another type. RFC 9651 §4.2.3 */
export function decodeString(value: string): string | undefined {
  const scanner = new Scanner(value);
  scanner.skipSpaces();
  const text = scanner.string();
  if (text === undefined || !scanner.skipParameters()) return undefined;
  scanner.skipSpaces();
  return scanner.isAtEnd ? text : undefined;
}

/** Reads a field value from left to right, each part by a pattern that cannot go back. */
class Scanner {
  private readonly value: string;
  private at = 0;

  constructor(value: string) {
    this.value = value;
  }

  get isAtEnd(): boolean {
    return this.at === this.value.length;
  }

  take(character: string): boolean {
    if (this.value[this.at] !== character) return false;
    this.at++;
    return true;
  }

  skipSpaces(): void {
    this.match(/ */y);
  }

  /** Optional white space, which stands around commas. */
  skipBlanks(): void {
    this.match(/[ \t]*/y);
  }

  /** A String, RFC 9651 §4.2.5. */
  string(): string | undefined {
    const found = this.match(/"(?:[ !#-[\]-~]|\\["\\])*"/y);
    return found?.slice(1, -1).replace(/\\(["\\])/g, '$1');
  }

  /** Parameters, RFC 9651 §4.2.3.2; returns whether they have a form. */
  skipParameters(): boolean {
    while (this.take(';')) {
      this.skipSpaces();
      if (this.match(/[a-z*][a-z0-9_\-.*]*/y) === undefined) return false;
      if (this.take('=') && !this.skipBareItem()) return false;
    }
    return true;
  }

  private skipBareItem(): boolean {
    return (
      this.string() !== undefined ||
      // Integers and decimals, tokens, byte sequences, booleans, dates, display strings. RFC 9651 §4.2.3.1
      [
        /-?\d{1,15}(?:\.\d{1,3})?/y,
        /[A-Za-z*][!#$%&'*+\-.^_`|~:/0-9A-Za-z]*/y,
        /:[A-Za-z0-9+/=]*:/y,
        /\?[01]/y,
        /@-?\d{1,15}/y,
        /%"(?:[ !#$&-~]|%[0-9a-f]{2})*"/y,
      ].some((pattern) => this.match(pattern) !== undefined)
    );
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.value)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }
}

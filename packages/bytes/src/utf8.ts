/**
 * UTF-8 of `text`: as many whole characters as fit into `limit` bytes. Half of a surrogate pair, which has no UTF-8 of
 * its own, becomes the replacement character. Pure layers have no TextEncoder. RFC 3629 §3
 */
export function encodeUtf8(text: string, limit: number = Infinity): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0)!;
    const code = isSurrogate(point) ? 0xfffd : point;
    if (out.length + encodedLength(code) > limit) break;
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), continuation(code));
    else if (code < 0x1_0000) out.push(0xe0 | (code >> 12), continuation(code >> 6), continuation(code));
    else out.push(0xf0 | (code >> 18), continuation(code >> 12), continuation(code >> 6), continuation(code));
  }
  return Uint8Array.from(out);
}

/** The text of these bytes; each byte that is not UTF-8 becomes the replacement character. RFC 3629 §3 */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i]!;
    const length = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const code = length === 0 ? -1 : codePoint(bytes, i, length);
    text += code < 0 ? '\ufffd' : String.fromCodePoint(code);
    i += code < 0 ? 1 : length;
  }
  return text;
}

function encodedLength(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
}

function continuation(code: number): number {
  return 0x80 | (code & 0x3f);
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  if (at + length > bytes.length) return -1;
  let code = length === 1 ? bytes[at]! : bytes[at]! & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    if ((bytes[at + i]! & 0xc0) !== 0x80) return -1;
    code = code * 64 + (bytes[at + i]! & 0x3f);
  }
  const smallest = [0, 0, 0x80, 0x800, 0x1_0000][length]!;
  return code < smallest || code > 0x10_ffff || isSurrogate(code) ? -1 : code;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

/** Encode one byte for each character. Throws a RangeError for characters above U+00FF. */
export function bytesFromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new RangeError(`'${text}' has characters that are no bytes`);
    bytes[i] = code;
  }
  return bytes;
}

/** Decode one character for each byte. */
export function latin1FromBytes(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE)
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return text;
}

/** Most arguments of one call, because engines put them on the stack. */
const PIECE = 1024;

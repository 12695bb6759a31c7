/** The bytes of base64 text, RFC 4648 §4; white space is skipped. Undefined for anything else. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s+/g, '');
  const data = digits.replace(/={1,2}$/, '');
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*$/.test(data)) return undefined;
  const bytes = new Uint8Array(Math.floor((data.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of data) {
    held = ((held << 6) | ALPHABET.indexOf(digit)) & 0xfff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >> bits;
  }
  return bytes;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

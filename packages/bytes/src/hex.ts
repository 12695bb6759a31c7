/** Lower-case hexadecimal of `bytes`, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  // A string that grows by `+=` keeps each of its steps in memory for as long as it is not read.
  const pairs: string[] = [];
  for (let i = 0; i < bytes.length; i++) pairs.push(PAIRS[bytes[i]!]!);
  return pairs.join('');
}

/** The two digits of every byte. */
const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  (byte + 0x100).toString(16).slice(1),
);

/** The bytes that `text` spells; white space is skipped. Throws a RangeError for anything but hexadecimal pairs. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) throw new RangeError('not hexadecimal pairs');
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

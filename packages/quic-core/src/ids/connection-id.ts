/** A connection ID as a key of a `Map`: one character a byte. Strings hash with a seed of the process; numbers do not. */
export function connectionIdKey(bytes: Uint8Array, at = 0, length: number = bytes.length): string {
  let key = '';
  for (let i = at; i < at + length; i++) key += String.fromCharCode(bytes[i]!);
  return key;
}

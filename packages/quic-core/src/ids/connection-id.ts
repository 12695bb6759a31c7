/**
 * A connection ID as a key of a `Map`: one character for each byte. Engines hash strings, unlike numbers,
 * with a random seed, so that a peer cannot choose IDs that collide. IDs that a connection only keeps are kept as keys, too,
 * which take a sixth of the memory of an array of bytes; `bytesFromLatin1` reads them.
 */
export function connectionIdKey(bytes: Uint8Array, at = 0, length: number = bytes.length): string {
  let key = '';
  for (let i = at; i < at + length; i++) key += String.fromCharCode(bytes[i]!);
  return key;
}

/** A token as programs keep it, with the version of its connection. RFC 9369 §5 */
export interface KeptToken {
  readonly token: Uint8Array;
  readonly tokenVersion: number;
}

const VERSION_BYTES = 4;

/** The bytes for `onToken`. */
export function encodeKeptToken({ token, tokenVersion }: KeptToken): Uint8Array {
  const bytes = new Uint8Array(VERSION_BYTES + token.length);
  new DataView(bytes.buffer).setUint32(0, tokenVersion);
  bytes.set(token, VERSION_BYTES);
  return bytes;
}

/** Decode the bytes from `onToken`; undefined when there are too few. */
export function decodeKeptToken(bytes: Uint8Array): KeptToken | undefined {
  if (bytes.length <= VERSION_BYTES) return undefined;
  const { buffer, byteOffset, byteLength } = bytes;
  return {
    token: bytes.slice(VERSION_BYTES),
    tokenVersion: new DataView(buffer, byteOffset, byteLength).getUint32(0),
  };
}

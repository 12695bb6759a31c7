/** What web streams are given as bytes. */
export type BufferSource = ArrayBuffer | ArrayBufferView;

/** Bytes of their own: what a program writes may change after the call. Throws a TypeError for what holds no bytes. */
export function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer || chunk instanceof SharedArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError(
    'a chunk is an ArrayBuffer or a view of one, as new TextEncoder().encode(text) makes one of a text',
  );
}

/**
 * What readers get: bytes in memory that is not shared, as `CompressionStream`, `TextDecoderStream` and `fetch` demand.
 * It is `Uint8Array<ArrayBuffer>`, written so that TypeScript before 5.7, whose `Uint8Array` takes no parameter, reads
 * it as well.
 */
export type Chunk = ReturnType<Uint8ArrayConstructor['of']>;

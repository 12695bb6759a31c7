export { concatBytes } from './concat.ts';
export { equalBytes } from './equal.ts';
export { fromHex, toHex } from './hex.ts';
export { ByteReader } from './reader.ts';
export { decodeVarint, encodeVarint, MAX_VARINT, varintLength } from './varint.ts';
export { ByteWriter } from './writer.ts';

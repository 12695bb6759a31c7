export { concatBytes } from './concat.ts';
export { equalBytes } from './equal.ts';
export { fromHex, toHex } from './hex.ts';
export { bytesFromLatin1, latin1FromBytes } from './latin1.ts';
export { ByteReader } from './reader.ts';
export { decodeUtf8, encodeUtf8 } from './utf8.ts';
export { decodeVarint, encodeVarint, MAX_VARINT, varintLength } from './varint.ts';
export { ByteWriter } from './writer.ts';

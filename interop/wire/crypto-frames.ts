import { readVarint } from './long-header.ts';

/** A piece of the handshake as a CRYPTO frame carries it. */
export interface CryptoPiece {
  readonly offset: number;
  readonly data: Buffer;
}

/** The CRYPTO frames of an Initial packet's plaintext. Reading stops at the first frame that may not be there. */
export function cryptoPieces(payload: Buffer): CryptoPiece[] {
  const pieces: CryptoPiece[] = [];
  let at = 0;
  while (at < payload.length) {
    const type = payload.readUInt8(at++);
    if (type === PADDING || type === PING) continue;
    if (type === CRYPTO) {
      const offset = readVarint(payload, at);
      const length = readVarint(payload, offset.end);
      at = length.end + length.value;
      pieces.push({ offset: offset.value, data: payload.subarray(length.end, at) });
    } else if (type === ACK || type === ACK_ECN) {
      at = ackEnd(payload, at, type === ACK_ECN);
    } else {
      break;
    }
  }
  return pieces;
}

/** The bytes from offset 0 on that the pieces cover without a gap. */
export function contiguous(pieces: readonly CryptoPiece[]): Buffer {
  let joined = Buffer.alloc(0);
  for (const piece of [...pieces].sort((a, b) => a.offset - b.offset)) {
    if (piece.offset > joined.length) break;
    const fresh = piece.data.subarray(joined.length - piece.offset);
    joined = Buffer.concat([joined, fresh]);
  }
  return joined;
}

const PADDING = 0x00;
const PING = 0x01;
const ACK = 0x02;
const ACK_ECN = 0x03;
const CRYPTO = 0x06;

function ackEnd(payload: Buffer, at: number, withEcn: boolean): number {
  const largest = readVarint(payload, at);
  const delay = readVarint(payload, largest.end);
  const ranges = readVarint(payload, delay.end);
  let end = ranges.end;
  const varints = 1 + 2 * ranges.value + (withEcn ? 3 : 0);
  for (let i = 0; i < varints; i++) end = readVarint(payload, end).end;
  return end;
}

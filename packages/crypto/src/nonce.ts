/** Fill the 12-byte `nonce` with `iv` exclusive-or `packetNumber` (below 2^53). RFC 9001 §5.3 */
export function writeNonce(nonce: Uint8Array, iv: Uint8Array, packetNumber: number): void {
  for (let i = 0; i < 4; i++) nonce[i] = iv[i]!;
  const high = Math.floor(packetNumber / 2 ** 32);
  const low = packetNumber >>> 0;
  nonce[4] = iv[4]! ^ (high >>> 24);
  nonce[5] = iv[5]! ^ (high >>> 16);
  nonce[6] = iv[6]! ^ (high >>> 8);
  nonce[7] = iv[7]! ^ high;
  nonce[8] = iv[8]! ^ (low >>> 24);
  nonce[9] = iv[9]! ^ (low >>> 16);
  nonce[10] = iv[10]! ^ (low >>> 8);
  nonce[11] = iv[11]! ^ low;
}

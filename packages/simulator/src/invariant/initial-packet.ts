/** An Initial packet at the beginning of a datagram, as far as it can be read without keys. */
export interface InitialPacket {
  readonly tokenLength: number;
}

/**
 * The first packet of a datagram where it is an Initial of version 1 or 2, else undefined. The QUIC bit may have any value
 * (RFC 9287). RFC 9000 §17.2.2, RFC 9369 §3.2
 */
export function initialPacket(bytes: Uint8Array): InitialPacket | undefined {
  const first = bytes[0] ?? 0;
  if ((first & 0x80) === 0) return undefined;
  const type = INITIAL_TYPES.get(bytes.slice(1, 5).join('.'));
  if (type === undefined || ((first >> 4) & 3) !== type) return undefined;
  const dcidLength = bytes[5] ?? 0;
  const scidLength = bytes[6 + dcidLength] ?? 0;
  return { tokenLength: bytes[7 + dcidLength + scidLength] ?? 0 };
}

/** The two type bits of Initial packets, by version. */
const INITIAL_TYPES: ReadonlyMap<string, number> = new Map([
  ['0.0.0.1', 0],
  [[0x6b, 0x33, 0x43, 0xcf].join('.'), 1],
]);

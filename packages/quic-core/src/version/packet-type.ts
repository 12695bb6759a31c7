/**
 * Packet types, RFC 9000 §17. The numbers are internal and the same in every version; `Version.longTypes` has
 * the bits of each type in a long header.
 */
export const PacketType = {
  Initial: 0,
  ZeroRtt: 1,
  Handshake: 2,
  Retry: 3,
  OneRtt: 4,
  VersionNegotiation: 5,
} as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

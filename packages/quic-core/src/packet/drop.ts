/**
 * Why bytes from the network were ignored. Dropping is not an error: anybody can send us anything, so
 * these are codes that a tracer counts, never exceptions.
 */
export const Drop = {
  None: 0,
  Truncated: 1,
  FixedBitClear: 2,
  ConnectionIdTooLong: 3,
  UnknownVersion: 4,
  /** The packet of a coalesced datagram is for another connection. RFC 9000 §12.2 */
  ForeignConnectionId: 5,
  /** No keys of that level, now or any more. */
  NoKeys: 6,
  /** Kept until its keys exist. */
  KeptForLater: 7,
  /** Too short to hold a header-protection sample. RFC 9001 §5.4.2 */
  NoSample: 8,
  /** The tag does not fit. */
  Unauthentic: 9,
  Duplicate: 10,
  /** A client's Initial in a datagram below 1200 bytes. RFC 9000 §14.1 */
  SmallInitial: 11,
  /** A packet type that our role never receives. */
  UnexpectedType: 12,
  UnknownConnection: 13,
  /** Retry or Version Negotiation that does not belong to what we sent. */
  Unsolicited: 14,
  /** The server is full or does not want this client now. */
  Refused: 15,
  BadToken: 16,
  /** From an address that may not reach this connection. */
  WrongAddress: 17,
  Closing: 18,
  /** From a port that nobody answers to. RFC 9000 §21.5 */
  BlockedPort: 19,
} as const;
export type Drop = (typeof Drop)[keyof typeof Drop];

const NAMES: readonly string[] = Object.keys(Drop);

/** The name of a drop code, for logs. */
export function dropName(code: Drop): string {
  return NAMES[code] ?? String(code);
}

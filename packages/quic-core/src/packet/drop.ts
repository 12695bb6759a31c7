/**
 * Why bytes from the network were dropped. Any host can send any bytes, so a drop is a code that a tracer
 * counts, and never an exception.
 */
export const Drop = {
  None: 0,
  Truncated: 1,
  FixedBitClear: 2,
  ConnectionIdTooLong: 3,
  UnknownVersion: 4,
  /** A coalesced packet has another Destination Connection ID than the first. RFC 9000 §12.2 */
  ForeignConnectionId: 5,
  /** There are no keys of its level, not yet or not any more. */
  NoKeys: 6,
  /** The packet is kept until its keys are installed. */
  KeptForLater: 7,
  /** The packet is too short for a header protection sample. RFC 9001 §5.4.2 */
  NoSample: 8,
  /** The authentication tag does not fit the packet. RFC 9001 §5.3 */
  Unauthentic: 9,
  Duplicate: 10,
  /** A client's Initial packet in a datagram below 1200 bytes. RFC 9000 §14.1 */
  SmallInitial: 11,
  /** A packet type that this role never receives. */
  UnexpectedType: 12,
  UnknownConnection: 13,
  /** A Retry or Version Negotiation packet that does not answer the client's first flight. */
  Unsolicited: 14,
  /** The server is full, or the program accepts no clients now. */
  Refused: 15,
  BadToken: 16,
  /** The datagram came from an address that the peer may not use. */
  WrongAddress: 17,
  Closing: 18,
  /** The datagram came from a blocked port. RFC 9000 §21.5 */
  BlockedPort: 19,
} as const;
export type Drop = (typeof Drop)[keyof typeof Drop];

const NAMES: readonly string[] = Object.keys(Drop);

/** The name of a drop code, for logs. */
export function dropName(code: Drop): string {
  return NAMES[code] ?? String(code);
}

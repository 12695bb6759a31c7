/** Bytes that may be sent for each byte received from an address that is not validated. RFC 9000 §8.1 */
const FACTOR = 3;

/** How many bytes may go to an address before it is validated. RFC 9000 §8.1 */
export class Amplification {
  /** Whether the peer has proved that it owns its address, which lifts the limit. */
  validated: boolean;
  /**
   * Whether this end is a server: a client sends only to addresses that its program or its server gave it.
   */
  private readonly isLimited: boolean;
  /** Bytes that came from the address. */
  receivedBytes = 0;
  private sentBytes = 0;

  constructor(validated: boolean, isLimited = true) {
    this.validated = validated;
    this.isLimited = isLimited;
  }

  onReceived(bytes: number): void {
    this.receivedBytes += bytes;
  }

  onSent(bytes: number): void {
    this.sentBytes += bytes;
  }

  /** Bytes that may be sent now. */
  get room(): number {
    return this.validated || !this.isLimited
      ? Infinity
      : Math.max(0, FACTOR * this.receivedBytes - this.sentBytes);
  }
}

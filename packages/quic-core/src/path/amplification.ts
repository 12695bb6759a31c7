/** Bytes that may be sent for each byte received from an address that is not validated. RFC 9000 §8.1 */
const FACTOR = 3;

/** How much an address may be sent before it has proved that it wants it. */
export class Amplification {
  /** The peer owns its address: no limit. */
  validated: boolean;
  private receivedBytes = 0;
  private sentBytes = 0;

  constructor(validated: boolean) {
    this.validated = validated;
  }

  onReceived(bytes: number): void {
    this.receivedBytes += bytes;
  }

  onSent(bytes: number): void {
    this.sentBytes += bytes;
  }

  /** Bytes that may be sent now. */
  get room(): number {
    return this.validated ? Infinity : Math.max(0, FACTOR * this.receivedBytes - this.sentBytes);
  }
}

import { GrowingBytes } from './growing-bytes.ts';

/** What a decoder has to tell its peer's encoder. RFC 9204 §4.4 */
export class DecoderInstructions {
  private readonly bytes = new GrowingBytes();
  /** Insertions that the encoder knows to have arrived. RFC 9204 §2.1.4 */
  private knownReceivedCount = 0;

  /** RFC 9204 §4.4.1 */
  acknowledgeSection(streamId: number, requiredInsertCount: number): void {
    this.bytes.integer(0x80, streamId, 7);
    this.knownReceivedCount = Math.max(this.knownReceivedCount, requiredInsertCount);
  }

  /** RFC 9204 §4.4.2 */
  cancelStream(streamId: number): void {
    this.bytes.integer(0x40, streamId, 6);
  }

  /** All that waits, with insertions until now that no acknowledgement implies. RFC 9204 §4.4.3 */
  take(insertCount: number): Uint8Array {
    if (insertCount > this.knownReceivedCount) {
      this.bytes.integer(0, insertCount - this.knownReceivedCount, 6);
      this.knownReceivedCount = insertCount;
    }
    return this.bytes.take();
  }
}

import type { Path } from '../path/path.ts';

/** Less room than this holds no packet worth sending. */
export const MIN_DATAGRAM = 48;

/** What may be sent at this moment: amplification, congestion window and pacing, in one place. RFC 9000 §8.1, RFC 9002 §7 */
export class Allowance {
  /** Bytes that the datagram may have; 0 when none may leave. */
  datagramBytes = 0;
  /** Frames that must be acknowledged may leave without being a probe. */
  mayElicit = false;
  /** When the pacer opens, if only that stands in the way; Infinity otherwise. */
  openUs: number = Infinity;

  /**
   * Look at `path` anew.
   *
   * @param roomBytes - what the host's buffer holds.
   * @param isFull - no more packets can be remembered until some are acknowledged.
   */
  update(path: Path, roomBytes: number, isFull: boolean, nowUs: number): void {
    const mtuBytes = path.mtu.mtuBytes;
    this.datagramBytes = Math.min(mtuBytes, roomBytes, path.amplification.room);
    this.openUs = Infinity;
    this.mayElicit = !isFull && (path.inFlightBytes === 0 || path.windowRoom >= mtuBytes);
    if (!this.mayElicit) return;
    const pacedUs = path.pacer.nextSendUs(nowUs);
    if (pacedUs <= nowUs) return;
    this.mayElicit = false;
    this.openUs = pacedUs;
  }
}

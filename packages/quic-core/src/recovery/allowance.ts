import type { Path } from '../path/path.ts';

/** A datagram with less room than this would hold no useful packet. */
export const MIN_DATAGRAM = 48;

/**
 * How much may be sent at this moment, by the anti-amplification limit, the congestion window and the pacer
 * together. RFC 9000 §8.1, RFC 9002 §7
 */
export class Allowance {
  /** The largest size of the next datagram; 0 when none may leave. */
  datagramBytes = 0;
  /** Whether ack-eliciting frames may leave without being a probe. */
  mayElicit = false;
  /** When the pacer lets the next datagram leave, if only the pacer holds it back; Infinity otherwise. */
  openUs: number = Infinity;

  /**
   * Compute the allowance for `path`.
   *
   * @param roomBytes - the size of the host's buffer.
   * @param isFull - whether no more sent packets can be remembered until some are acknowledged.
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

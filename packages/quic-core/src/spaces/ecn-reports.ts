import type { AckFrame } from '../frame/ack.ts';

/** ECN codepoints as in the IP header. */
const ECT1 = 1;
const ECT0 = 2;

/**
 * Compares the ECN counts that the peer reports for one packet number space with what was sent in it.
 * RFC 9000 §13.4.2.1
 */
export class EcnReports {
  /** Marked packets that this ACK frame acknowledges for the first time. */
  ackedPackets = 0;
  /**
   * The increase of the counts since the last ACK frame, of the sent mark and of CE, once `check` has found
   * them possible.
   */
  ectPackets = 0;
  cePackets = 0;
  private ackedEct0 = 0;
  private ackedEct1 = 0;
  private sentEct0 = 0;
  private sentEct1 = 0;
  private seenEct0 = 0;
  private seenEct1 = 0;
  private seenCe = 0;

  onSent(codepoint: number): void {
    if (codepoint === ECT0) this.sentEct0++;
    else if (codepoint === ECT1) this.sentEct1++;
  }

  /** An ACK frame begins. */
  begin(): void {
    this.ackedPackets = this.ectPackets = this.cePackets = this.ackedEct0 = this.ackedEct1 = 0;
  }

  /** A packet with this codepoint was acknowledged for the first time. */
  onAcked(codepoint: number): void {
    if (codepoint === 0) return;
    this.ackedPackets++;
    if (codepoint === ECT0) this.ackedEct0++;
    else this.ackedEct1++;
  }

  /**
   * Check the counts of an ACK frame that raised the largest acknowledged number; other ACK frames may be
   * reordered and must not be checked. Returns whether the counts are possible, and stores them.
   */
  check(ack: AckFrame): boolean {
    if (!ack.hasEcn) return this.ackedPackets === 0;
    const newEct0 = ack.ect0 - this.seenEct0;
    const newEct1 = ack.ect1 - this.seenEct1;
    const newCe = ack.ce - this.seenCe;
    this.seenEct0 = ack.ect0;
    this.seenEct1 = ack.ect1;
    this.seenCe = ack.ce;
    // Counts never fall; they rise by at least the newly acknowledged packets, and to at most what was sent.
    if (newEct0 < 0 || newEct1 < 0 || newCe < 0) return false;
    if (newEct0 + newCe < this.ackedEct0 || newEct1 + newCe < this.ackedEct1) return false;
    if (ack.ect0 > this.sentEct0 || ack.ect1 > this.sentEct1) return false;
    if (ack.ect0 + ack.ect1 + ack.ce > this.sentEct0 + this.sentEct1) return false;
    this.ectPackets = newEct0 + newEct1;
    this.cePackets = newCe;
    return true;
  }
}

import type { ByteWriter } from '@tsquic/bytes';
import { encodeAck } from '../frame/ack.ts';
import { AckPolicy } from './ack-policy.ts';
import { ReceivedNumbers } from './received.ts';

/** The receiving side of one space: the packets that came, and the acknowledgements that are due for them. */
export class ReceiveSpace {
  readonly received: ReceivedNumbers = new ReceivedNumbers();
  readonly policy: AckPolicy;
  /**
   * Packets with ECT(1) that came before the peer migrated: they do not show what queue its packets pass now.
   */
  private formerEct1 = 0;
  private readonly delayExponent: number;

  constructor(maxDelayUs: number, delayExponent: number) {
    this.policy = new AckPolicy(maxDelayUs);
    this.delayExponent = delayExponent;
  }

  /**
   * @param minRttUs - the minimum round-trip time of the path that the packet came on; Infinity when it is
   * not known.
   */
  onReceived(
    packetNumber: number,
    ackEliciting: boolean,
    codepoint: number,
    minRttUs: number,
    nowUs: number,
  ): void {
    const { ranges, ecn } = this.received;
    this.received.add(packetNumber, codepoint, nowUs);
    const isMarked = codepoint === 3;
    this.policy.onReceived(
      packetNumber,
      ackEliciting,
      ranges,
      this.received.isCrowded,
      isMarked,
      ecn.ect1 > this.formerEct1,
      minRttUs,
      nowUs,
    );
  }

  /**
   * Packets come on another path from now on: their rate, and the kind of queue that they pass, are measured
   * anew.
   */
  onPathChanged(): void {
    this.formerEct1 = this.received.ecn.ect1;
    this.policy.onPathChanged();
  }

  /**
   * Write an ACK frame if there are packets to report and room for it; returns the largest number reported,
   * or -1.
   *
   * @param pathId - the path that a PATH_ACK frame names; -1 for an ACK frame.
   */
  writeAck(writer: ByteWriter, nowUs: number, pathId = -1): number {
    const { received } = this;
    if (received.ranges.count === 0) return -1;
    const delay = Math.floor(Math.max(0, nowUs - received.largestAtUs) / 2 ** this.delayExponent);
    const ecn = received.hasEcn ? received.ecn : undefined;
    if (encodeAck(writer, received.ranges, delay, ecn, received.reportedBelow, pathId) === 0) return -1;
    this.policy.onAckSent(received.largest, nowUs);
    return received.largest;
  }
}

import { ReceiveSpace } from './receive-space.ts';
import { SendSpace } from './send-space.ts';
import type { Space } from '../packet/levels.ts';

/** One packet number space: the state of the packets that share a sequence of numbers. RFC 9000 §12.3 */
export class PacketSpace {
  readonly kind: Space;
  /** The path whose packets it numbers; 0 for that of the handshake. draft-ietf-quic-multipath §1 */
  readonly pathId: number;
  readonly sending: SendSpace;
  readonly receiving: ReceiveSpace;
  /** Whether its keys are discarded. */
  discarded = false;

  /**
   * @param maxAckDelayUs - our max_ack_delay; 0 in spaces whose acknowledgements must not be delayed.
   * @param random - returns an unpredictable integer in `[0, limit)`.
   */
  constructor(
    kind: Space,
    maxAckDelayUs: number,
    ackDelayExponent: number,
    random: (limit: number) => number,
    pathId = 0,
  ) {
    this.kind = kind;
    this.pathId = pathId;
    this.sending = new SendSpace(kind, random, pathId);
    this.receiving = new ReceiveSpace(maxAckDelayUs, ackDelayExponent);
  }
}

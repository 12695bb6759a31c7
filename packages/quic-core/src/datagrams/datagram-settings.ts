import type { DropPolicy } from './datagram-queue.ts';

/** The options of datagrams. */
export interface DatagramSettings {
  /** Our max_datagram_frame_size; 0 takes no datagrams. RFC 9221 §3 */
  readonly maxDatagramFrameBytes: number;
  readonly datagramPriority: number;
  readonly maxOutgoingDatagrams: number;
  readonly maxOutgoingDatagramBytes: number;
  readonly outgoingDatagramDrop: DropPolicy;
  readonly maxIncomingDatagrams: number;
  readonly maxIncomingDatagramBytes: number;
  readonly incomingDatagramDrop: DropPolicy;
}

import {
  type AckSample,
  type CongestionEvent,
  createAckSample,
  createCongestionEvent,
} from '@tsquic/congestion';

/**
 * What the congestion controller is told of acknowledgements, ECN marks and losses. The records are used only
 * within one ACK frame or timeout, so that all connections of a context share them.
 */
export class CongestionReports {
  readonly sample: AckSample = createAckSample();
  readonly marks: CongestionEvent = createCongestionEvent();
  readonly losses: CongestionEvent = createCongestionEvent();
}

import type { AckSample } from '@tsquic/congestion';

/** A blank sample, to be refilled for every ACK frame. */
export function createAckSample(): AckSample {
  return {
    nowUs: 0,
    ackedBytes: 0,
    newestSentUs: 0,
    priorInFlightBytes: 0,
    inFlightBytes: 0,
    deliveredTotalBytes: 0,
    deliveredAtSendBytes: 0,
    deliveredBytes: 0,
    deliveryIntervalUs: 0,
    lostBytes: 0,
    ceBytes: 0,
    latestRttUs: 0,
    smoothedRttUs: 0,
    minRttUs: 0,
    appLimited: false,
    windowUnused: false,
  };
}

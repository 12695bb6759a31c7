import type { AckSample, CongestionEvent } from '../src/controller.ts';

/** A sample of an ordinary ACK: one packet of 1200 bytes, RTT 50 ms, nothing special. */
export function ackSample(parts: Partial<AckSample> = {}): AckSample {
  return {
    nowUs: 1_000_000,
    ackedBytes: 1200,
    newestSentUs: 950_000,
    priorInFlightBytes: 12_000,
    inFlightBytes: 10_800,
    deliveredTotalBytes: 12_000,
    deliveredAtSendBytes: 0,
    deliveredBytes: 12_000,
    deliveryIntervalUs: 50_000,
    lostBytes: 0,
    ceBytes: 0,
    latestRttUs: 50_000,
    smoothedRttUs: 50_000,
    minRttUs: 50_000,
    appLimited: false,
    windowUnused: false,
    ...parts,
  };
}

/** A congestion event: by default one packet of 1200 bytes lost. */
export function congestionEvent(parts: Partial<CongestionEvent> = {}): CongestionEvent {
  return {
    nowUs: 1_000_000,
    sentUs: 900_000,
    lostBytes: 1200,
    cePackets: 0,
    inFlightBytes: 10_800,
    ...parts,
  };
}

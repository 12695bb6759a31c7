/**
 * A congestion controller: the calls that it gets and the values that are read from it.
 *
 * All sizes are bytes and all times integer microseconds. The caller owns the sample records and reuses them:
 * copy what must outlive the call.
 */
export interface CongestionController {
  readonly name: string;

  /** ECN codepoint that sent packets carry: 0 none, 1 ECT(1), 2 ECT(0). RFC 3168 §5, RFC 9331 §4.1 */
  readonly ecnCodepoint: number;

  /** Bytes that may be in flight. A field rather than a method, because it is read before every packet. */
  windowBytes: number;

  /** Bytes per second to pace at, or 0 to let the pacer derive a rate from the window. */
  pacingRate: number;

  /** Whether the window doubles every round, so that a pacing rate derived from it has to be higher. */
  inSlowStart: boolean;

  /** A packet that counts towards bytes in flight was sent; `inFlightBytes` includes it. RFC 9002 §B.4 */
  onSent(sentUs: number, bytes: number, inFlightBytes: number): void;

  /** At least one packet was newly acknowledged. RFC 9002 §B.5 */
  onAck(sample: AckSample): void;

  /** Packets were declared lost, or the peer reported CE marks. RFC 9002 §B.6, §B.7 */
  onCongestion(event: CongestionEvent): void;

  /** Every packet over the persistent-congestion period was lost. RFC 9002 §7.6 */
  onPersistentCongestion(nowUs: number): void;

  /** All packets declared lost in the last congestion event turned out to have arrived. */
  onSpuriousLoss(nowUs: number): void;

  /** The connection uses another path: start over. RFC 9000 §9.4 */
  reset(nowUs: number, mtuBytes: number): void;

  /** The packet size changed on the same path: step sizes and bounds change, measurements stay. */
  setMtu(mtuBytes: number): void;
}

/** What one ACK frame shows, and what the sender knew when the acknowledged packets left. */
export interface AckSample {
  nowUs: number;
  /** Bytes newly acknowledged by this ACK frame. */
  ackedBytes: number;
  /** When the newest acknowledged packet was sent. */
  newestSentUs: number;
  /** Bytes in flight before this ACK was applied. */
  priorInFlightBytes: number;
  /** Bytes in flight after this ACK frame, without lost ones. */
  inFlightBytes: number;
  /** Total bytes delivered on this path so far. */
  deliveredTotalBytes: number;
  /**
   * That total when the newest acknowledged packet was sent: a round ends when this exceeds the total at its
   * beginning.
   */
  deliveredAtSendBytes: number;
  /** Bytes delivered over `deliveryIntervalUs`, one sample of the delivery rate; 0 when there is none. */
  deliveredBytes: number;
  deliveryIntervalUs: number;
  /** Bytes declared lost since the newest acknowledged packet was sent. */
  lostBytes: number;
  /** Bytes newly reported as CE-marked; 0 without ECN. */
  ceBytes: number;
  /** Latest round-trip sample; 0 when this ACK frame gave none. */
  latestRttUs: number;
  smoothedRttUs: number;
  minRttUs: number;
  /**
   * Whether the application had no more to send when the newest acknowledged packet left, so that rate
   * samples are too low.
   */
  appLimited: boolean;
  /** Whether the last round trip did not use the window, which must not grow then. RFC 9002 §7.8 */
  windowUnused: boolean;
}

/** Losses, or CE marks, detected at one moment. */
export interface CongestionEvent {
  nowUs: number;
  /** When the newest lost or marked packet was sent; tells whether this is a new episode. */
  sentUs: number;
  /** 0 when the trigger was ECN. */
  lostBytes: number;
  /** Packets newly reported as CE-marked; 0 when the trigger was loss. */
  cePackets: number;
  /** Bytes in flight, without lost ones. */
  inFlightBytes: number;
}

/** Options of every controller. */
export interface CongestionOptions {
  /** Largest UDP payload of the path, bytes. */
  mtuBytes: number;
  nowUs: number;
  /** Seed of a controller's random choices, so that runs can be repeated. Default: `nowUs`. */
  seed?: number;
}

/** Makes the controller of one path. */
export type CongestionFactory = (options: CongestionOptions) => CongestionController;

/** An empty sample, to be refilled for every ACK frame. */
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

/** An empty event, to be refilled. */
export function createCongestionEvent(): CongestionEvent {
  return { nowUs: 0, sentUs: 0, lostBytes: 0, cePackets: 0, inFlightBytes: 0 };
}

/**
 * What a congestion controller is told, and what it answers.
 *
 * All sizes are bytes and all times integer microseconds. The caller owns the sample objects and
 * reuses them: copy what must outlive the call.
 */
export interface CongestionController {
  readonly name: string;

  /** ECN codepoint that sent packets carry: 0 none, 1 ECT(1), 2 ECT(0). RFC 3168 §5, RFC 9331 §4.1 */
  readonly ecnCodepoint: number;

  /** Bytes that may be in flight. Read before every packet, hence a field. */
  windowBytes: number;

  /** Bytes per second to pace at, or 0 to let the pacer derive a rate from the window. */
  pacingRate: number;

  /** The window still doubles every round, so a rate derived from it has to run ahead of it. */
  inSlowStart: boolean;

  /** A packet that counts towards bytes in flight was sent; `inFlightBytes` includes it. RFC 9002 §B.4 */
  onSent(sentUs: number, bytes: number, inFlightBytes: number): void;

  /** At least one packet was newly acknowledged. RFC 9002 §B.5 */
  onAck(sample: AckSample): void;

  /** Packets were declared lost, or the peer reported CE marks. RFC 9002 §B.6, §B.7 */
  onCongestion(event: CongestionEvent): void;

  /** Every packet over the persistent-congestion period was lost. RFC 9002 §7.6 */
  onPersistentCongestion(nowUs: number): void;

  /** Everything declared lost in the last congestion event turned out to have arrived. */
  onSpuriousLoss(nowUs: number): void;

  /** The path is another one: start over. RFC 9000 §9.4 */
  reset(nowUs: number, mtuBytes: number): void;

  /** Packets of another size fit the same path: steps and bounds follow, what is known of the path stays. */
  setMtu(mtuBytes: number): void;
}

/** What one ACK frame says, and what the sender knew when the packets it acknowledges left. */
export interface AckSample {
  nowUs: number;
  /** Bytes newly acknowledged by this ACK frame. */
  ackedBytes: number;
  /** When the newest acknowledged packet was sent. */
  newestSentUs: number;
  /** Bytes in flight before this ACK was applied. */
  priorInFlightBytes: number;
  /** Bytes in flight after it, lost ones taken away too. */
  inFlightBytes: number;
  /** Total bytes delivered on this path so far. */
  deliveredTotalBytes: number;
  /** That total when the newest acknowledged packet was sent: a round ends when this passes the last round's mark. */
  deliveredAtSendBytes: number;
  /** Bytes delivered over `deliveryIntervalUs`: one delivery-rate sample. 0 when there is none. */
  deliveredBytes: number;
  deliveryIntervalUs: number;
  /** Bytes declared lost since the newest acknowledged packet was sent. */
  lostBytes: number;
  /** Bytes newly reported as CE-marked; 0 without ECN. */
  ceBytes: number;
  /** 0 when this ACK gave no sample. */
  latestRttUs: number;
  smoothedRttUs: number;
  minRttUs: number;
  /** The sender had nothing to send when the newest acknowledged packet left, so rate samples are too low. */
  appLimited: boolean;
  /** The last round trip did not use the window, which is no reason to widen it. RFC 9002 §7.8 */
  windowUnused: boolean;
}

/** Losses, or CE marks, found at one moment. */
export interface CongestionEvent {
  nowUs: number;
  /** When the newest lost or marked packet was sent; decides whether this is a new episode. */
  sentUs: number;
  /** 0 when the trigger was ECN. */
  lostBytes: number;
  /** Packets newly reported as CE-marked; 0 when the trigger was loss. */
  cePackets: number;
  /** Bytes in flight, lost ones taken away. */
  inFlightBytes: number;
}

/** What every controller is built from. */
export interface CongestionOptions {
  /** Largest UDP payload of the path, bytes. */
  mtuBytes: number;
  nowUs: number;
  /** Seeds the choices that a controller makes by chance, so that runs repeat. Default: `nowUs`. */
  seed?: number;
}

/** Makes the controller of one path. */
export type CongestionFactory = (options: CongestionOptions) => CongestionController;

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

/** A blank event, to be refilled. */
export function createCongestionEvent(): CongestionEvent {
  return { nowUs: 0, sentUs: 0, lostBytes: 0, cePackets: 0, inFlightBytes: 0 };
}

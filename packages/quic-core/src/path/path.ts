import {
  CarefulResume,
  type CongestionController,
  type CongestionFactory,
  Pacer,
  type RememberedPath,
} from '@tsquic/congestion';
import type { Address } from '../context/address.ts';
import { EcnMarking } from '../recovery/ecn.ts';
import { Reordering } from '../recovery/reordering.ts';
import { RttEstimator } from '../recovery/rtt.ts';
import { Amplification } from './amplification.ts';
import { BlackHole } from './black-hole.ts';
import { MtuSearch } from './mtu.ts';
import { PathValidation } from './validation.ts';
import { WindowUse } from './window-use.ts';

export interface PathOptions {
  readonly remote: Address;
  readonly local: Address;
  readonly interfaceIndex: number;
  readonly validated: boolean;
  readonly initialRttUs: number;
  readonly maxUdpPayloadBytes: number;
  /** Whatever the congestion controller allows, no more is in flight. Default: no bound. */
  readonly maxCongestionWindowBytes?: number;
  readonly congestion: CongestionFactory;
  /** Packets may carry ECN marks. */
  readonly ecn: boolean;
  /** For what the congestion controller leaves to chance. */
  readonly seed: number;
  /** What an earlier connection learned about this path. */
  readonly remembered: RememberedPath | undefined;
  readonly nowUs: number;
}

const NO_ID = new Uint8Array(0);
/** Probe timeouts in a row after which the path may have become too narrow. RFC 8899 §4.3 */
const BLACK_HOLE_TIMEOUTS = 3;

/** One pair of addresses, and all that is known about the way between them. RFC 9000 §9.4, §13.4, §14 */
export class Path {
  /** Small number that sent packets remember. */
  readonly id: number;
  remote: Address;
  local: Address;
  interfaceIndex: number;
  /** Our connection ID that the peer used last on this path; empty at first. */
  usedId: Uint8Array = NO_ID;
  readonly amplification: Amplification;
  readonly validation: PathValidation = new PathValidation();
  readonly rtt: RttEstimator;
  readonly reordering: Reordering = new Reordering();
  readonly controller: CongestionController;
  readonly pacer: Pacer;
  readonly mtu: MtuSearch;
  readonly blackHole: BlackHole = new BlackHole();
  readonly windowUse: WindowUse = new WindowUse();
  readonly ecn: EcnMarking;

  /** A peer that acknowledges late makes a window grow: it must not make us hold what it likes. */
  private readonly maxWindowBytes: number;
  /** Bytes sent and neither acknowledged nor lost. RFC 9002 §B.2 */
  inFlightBytes = 0;
  /** Delivery-rate state: what was delivered so far, when, and when the sample began. */
  deliveredBytes = 0;
  deliveredUs = 0;
  firstSentUs = 0;
  lostBytes = 0;
  /** Delivered bytes up to which samples are limited by the application, 0 when not. */
  appLimitedUntil = 0;

  constructor(id: number, options: PathOptions) {
    this.id = id;
    this.remote = options.remote;
    this.local = options.local;
    this.interfaceIndex = options.interfaceIndex;
    this.maxWindowBytes = options.maxCongestionWindowBytes ?? Infinity;
    this.amplification = new Amplification(options.validated);
    this.rtt = new RttEstimator(options.initialRttUs);
    this.mtu = new MtuSearch(options.maxUdpPayloadBytes);
    this.controller = createController(options, this.mtu.mtuBytes);
    this.ecn = new EcnMarking(options.ecn, this.controller);
    this.pacer = new Pacer(this.mtu.mtuBytes);
    this.updatePacer();
  }

  /** The window, the rate or the RTT changed. */
  updatePacer(): void {
    const { controller, rtt } = this;
    this.pacer.update(controller.windowBytes, controller.pacingRate, rtt.smoothedUs, controller.inSlowStart);
  }

  /** Bytes that congestion control lets go now. */
  get windowRoom(): number {
    return Math.min(this.controller.windowBytes, this.maxWindowBytes) - this.inFlightBytes;
  }

  /** Larger datagrams may be tried, up to what the peer takes. */
  startMtuSearch(peerMaxBytes: number): void {
    this.mtu.limit(peerMaxBytes);
    this.mtu.start();
  }

  /** The probe timeout fired `count` times without an answer. */
  onProbeTimeout(count: number): void {
    this.ecn.onTimeout(count);
    if (count >= BLACK_HOLE_TIMEOUTS && this.mtu.onBlackHole()) this.followMtu();
  }

  /** A packet other than a probe was declared lost. */
  onLost(bytes: number, sentUs: number): void {
    this.lostBytes += bytes;
    if (this.blackHole.onLost(bytes, sentUs) && this.mtu.onBlackHole()) this.followMtu();
  }

  /** A packet that counted as lost was acknowledged. */
  onLateArrival(bytes: number): void {
    this.lostBytes -= bytes;
    this.deliveredBytes += bytes;
  }

  onMtuProbeAcked(bytes: number): void {
    if (this.mtu.onProbeAcked(bytes)) this.followMtu();
  }

  private followMtu(): void {
    this.pacer.setMtu(this.mtu.mtuBytes);
    this.controller.setMtu(this.mtu.mtuBytes);
  }
}

function createController(options: PathOptions, mtuBytes: number): CongestionController {
  const { congestion, remembered, nowUs, seed } = options;
  const controller = congestion({ mtuBytes, nowUs, seed });
  return remembered === undefined ? controller : new CarefulResume(controller, remembered, mtuBytes);
}

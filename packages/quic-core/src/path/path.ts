import {
  type AckSample,
  CarefulResume,
  type CongestionController,
  type CongestionFactory,
  Pacer,
  type RememberedPath,
} from '@tsquic/congestion';
import type { Address } from './address.ts';
import { DeliveryRate } from './delivery.ts';
import { EcnMarking, EcnState } from './ecn.ts';
import { Reordering } from './reordering.ts';
import { RttEstimator } from './rtt.ts';
import type { RandomBits } from '../packet/random-bits.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import { Amplification } from './amplification.ts';
import { connectionIdKey } from '../ids/connection-id.ts';
import type { PeerId } from '../ids/peer-ids.ts';
import { BlackHole } from './black-hole.ts';
import { MtuSearch } from './mtu.ts';
import { SpinBit, type SpinPolicy } from './spin-bit.ts';
import { PathValidation } from './validation.ts';
import { WindowUse } from './window-use.ts';

export interface PathOptions {
  readonly remote: Address;
  readonly local: Address;
  readonly interfaceIndex: number;
  /** The connection ID that packets on this path are sent to. */
  readonly destination: PeerId | undefined;
  readonly validated: boolean;
  /**
   * Whether the anti-amplification limit applies: until the address is validated, at most three times the
   * bytes received from it may be sent. RFC 9000 §8.1
   */
  readonly isLimited: boolean;
  readonly initialRttUs: number;
  readonly maxUdpPayloadBytes: number;
  /** Upper bound on the bytes in flight, whatever the congestion controller allows. Default: no bound. */
  readonly maxCongestionWindowBytes?: number;
  readonly congestion: CongestionFactory;
  /** Whether packets may carry ECN marks. */
  readonly ecn: boolean;
  /** Seed of the random choices of the congestion controller. */
  readonly seed: number;
  /** What an earlier connection learned about this path. */
  readonly remembered: RememberedPath | undefined;
  /** The packet number space of application data. */
  readonly space: PacketSpace;
  readonly spinBit: SpinPolicy;
  readonly isClient: boolean;
  readonly bits: RandomBits;
  readonly nowUs: number;
}

/** Probe timeouts in a row after which the path may have become too narrow. RFC 8899 §4.3 */
const BLACK_HOLE_TIMEOUTS = 3;

/** One pair of addresses, and the state of the path between them. RFC 9000 §9.4, §13.4, §14 */
export class Path {
  /** A small number by which sent packets name the path. */
  readonly id: number;
  remote: Address;
  local: Address;
  interfaceIndex: number;
  /**
   * The peer's connection ID that packets on this path carry; undefined while the peer has issued none that
   * may be used here. RFC 9000 §9.5
   */
  destination: PeerId | undefined;
  /** Our connection ID that the peer used last on this path, as a key; empty at first. */
  usedId = '';
  /**
   * The packet number space of application data on this path; paths share it unless each has one of its own.
   * RFC 9000 §9.4
   */
  readonly space: PacketSpace;
  /**
   * Until then, packets to or from this path may be under way, and the path keeps its connection ID. Infinity
   * when no packets are expected.
   */
  lingerUs: number = Infinity;
  /** Whether a client has migrated away: once `lingerUs` is over, the path is forgotten. */
  isLeft = false;
  readonly amplification: Amplification;
  readonly rtt: RttEstimator;
  readonly validation: PathValidation;
  readonly reordering: Reordering = new Reordering();
  controller: CongestionController;
  readonly pacer: Pacer;
  readonly mtu: MtuSearch;
  readonly blackHole: BlackHole = new BlackHole();
  readonly windowUse: WindowUse = new WindowUse();
  ecn: EcnMarking;
  readonly spin: SpinBit;
  readonly delivery: DeliveryRate = new DeliveryRate();

  /**
   * A bound on the congestion window: a peer that delays its acknowledgements could make the window grow, and
   * with it the memory that this end holds.
   */
  private readonly maxWindowBytes: number;
  private readonly seed: number;
  /** Bytes sent and neither acknowledged nor lost. RFC 9002 §B.2 */
  inFlightBytes = 0;

  constructor(id: number, options: PathOptions) {
    this.id = id;
    this.remote = options.remote;
    this.local = options.local;
    this.interfaceIndex = options.interfaceIndex;
    this.destination = options.destination;
    this.space = options.space;
    this.maxWindowBytes = options.maxCongestionWindowBytes ?? Infinity;
    this.amplification = new Amplification(options.validated, options.isLimited);
    this.rtt = new RttEstimator(options.initialRttUs);
    this.seed = options.seed;
    this.validation = new PathValidation(this.rtt);
    this.mtu = new MtuSearch(options.maxUdpPayloadBytes);
    this.controller = createController(options, this.mtu.mtuBytes);
    this.ecn = new EcnMarking(options.ecn, this.controller);
    this.spin = new SpinBit(options.spinBit, options.isClient, options.bits);
    this.pacer = new Pacer(this.mtu.mtuBytes);
    this.updatePacer();
  }

  /** Another controller takes the place of one that nothing was sent under. */
  useController(congestion: CongestionFactory, remembered: RememberedPath | undefined, nowUs: number): void {
    const { seed, mtu } = this;
    this.controller = createController({ congestion, remembered, nowUs, seed }, mtu.mtuBytes);
    this.ecn = new EcnMarking(this.ecn.state !== EcnState.Failed, this.controller);
    this.updatePacer();
  }

  /** An authentic packet came, addressed to our ID `bytes[from, to)`. */
  onAddressed(bytes: Uint8Array, from: number, to: number): void {
    if (!isSame(this.usedId, bytes, from, to)) this.usedId = connectionIdKey(bytes, from, to - from);
  }

  /** The congestion window, the rate or the round-trip time changed. */
  updatePacer(): void {
    const { controller, rtt } = this;
    this.pacer.update(controller.windowBytes, controller.pacingRate, rtt.smoothedUs, controller.inSlowStart);
  }

  /** Bytes that the congestion window has room for now. */
  get windowRoom(): number {
    return Math.min(this.controller.windowBytes, this.maxWindowBytes) - this.inFlightBytes;
  }

  /** Larger datagrams are probed now, up to the peer's max_udp_payload_size. */
  startMtuSearch(peerMaxBytes: number): void {
    this.allowMtuSearch(peerMaxBytes);
    this.mtu.start();
  }

  /** They may be probed once there is use for them. */
  allowMtuSearch(peerMaxBytes: number): void {
    this.mtu.limit(peerMaxBytes);
    this.mtu.allow();
  }

  /** The probe timeout fired `count` times without an acknowledgement. */
  onProbeTimeout(count: number): void {
    this.ecn.onTimeout(count);
    if (count >= BLACK_HOLE_TIMEOUTS && this.mtu.onBlackHole()) this.followMtu();
  }

  /** What the congestion window holds, in full packets. */
  get windowPackets(): number {
    return this.controller.windowBytes / this.mtu.mtuBytes;
  }

  /** Newer packets that must be acknowledged before an older one is lost. RFC 9002 §6.1.1 */
  get packetThreshold(): number {
    return this.reordering.packetThreshold;
  }

  /** A packet is lost when it is so much older than one that was acknowledged. RFC 9002 §6.1.2 */
  get lossDelayUs(): number {
    return this.reordering.lossDelayUs(this.rtt);
  }

  /** A packet that counts towards the bytes in flight left. RFC 9002 §B.3 */
  onSent(bytes: number, nowUs: number): void {
    this.inFlightBytes += bytes;
    this.windowUse.onSent(this.inFlightBytes);
    this.controller.onSent(nowUs, bytes, this.inFlightBytes);
    this.pacer.onSent(nowUs, bytes);
  }

  /** A packet in flight, sent at `sentUs`, was acknowledged. */
  onDelivered(bytes: number, sentUs: number, nowUs: number): void {
    this.delivery.onDelivered(bytes, nowUs);
    this.blackHole.onArrived(bytes, sentUs);
  }

  /** An ACK frame acknowledged packets; `sample` describes their delivery. */
  onAcked(sample: AckSample): void {
    const { delivery, controller, rtt, inFlightBytes } = this;
    this.windowUse.onAck(sample.deliveredAtSendBytes, delivery.deliveredBytes, inFlightBytes);
    delivery.onAcked();
    sample.deliveredTotalBytes = delivery.deliveredBytes;
    sample.inFlightBytes = inFlightBytes;
    sample.smoothedRttUs = rtt.smoothedUs;
    sample.minRttUs = rtt.hasSample ? rtt.minUs : 0;
    if (sample.ackedBytes > 0) controller.onAck(sample);
    this.updatePacer();
  }

  /** A packet other than a probe of the MTU was declared lost. */
  onLost(bytes: number, sentUs: number): void {
    this.delivery.onLost(bytes);
    if (this.blackHole.onLost(bytes, sentUs) && this.mtu.onBlackHole()) this.followMtu();
  }

  onMtuProbeAcked(bytes: number): void {
    if (this.mtu.onProbeAcked(bytes)) this.followMtu();
  }

  private followMtu(): void {
    this.pacer.setMtu(this.mtu.mtuBytes);
    this.controller.setMtu(this.mtu.mtuBytes);
  }
}

type ControllerOptions = Pick<PathOptions, 'congestion' | 'remembered' | 'nowUs' | 'seed'>;

function createController(options: ControllerOptions, mtuBytes: number): CongestionController {
  const { congestion, remembered, nowUs, seed } = options;
  const controller = congestion({ mtuBytes, nowUs, seed });
  return remembered === undefined ? controller : new CarefulResume(controller, remembered, mtuBytes);
}

/** Whether `bytes[from, to)` equals the ID, without allocating a view. */
function isSame(id: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (id.length !== to - from) return false;
  for (let i = 0; i < id.length; i++) if (id.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}

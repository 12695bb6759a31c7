import type { AckSample } from '../controller.ts';
import { initialWindow } from '../window.ts';
import { BackgroundLoss } from './background-loss.ts';
import { AckAggregation, inFlightAtSend, RoundCounter } from './delivery-rate.ts';
import { MaxBandwidth, MinRtt } from './filters.ts';
import { FullPipe } from './full-pipe.ts';
import { ShortTermBounds } from './short-term-bounds.ts';
import { BbrState, isAccelerating, isProbingCycle, WINDOW_GAIN } from './states.ts';
import { VolumeBound } from './volume-bound.ts';

/**
 * The model of one path: its bandwidth and round-trip time, the bounds that losses have set, and the volumes
 * in flight that follow from them. draft-ietf-ccwg-bbr, "Network Path Model"
 */
export class PathModel {
  mtuBytes: number;
  /** The rate that the model allows, bytes per microsecond. */
  bandwidth = 0;
  deliveredTotalBytes = 0;
  readonly round: RoundCounter = new RoundCounter();
  readonly maxBandwidth: MaxBandwidth = new MaxBandwidth();
  readonly minRtt: MinRtt;
  readonly fullPipe: FullPipe = new FullPipe();
  readonly aggregation: AckAggregation = new AckAggregation();
  readonly shortTerm: ShortTermBounds = new ShortTermBounds();
  readonly volume: VolumeBound = new VolumeBound();
  readonly background: BackgroundLoss = new BackgroundLoss();

  constructor(mtuBytes: number, nowUs: number) {
    this.mtuBytes = mtuBytes;
    this.minRtt = new MinRtt(nowUs);
    this.aggregation.restart(nowUs);
  }

  /**
   * Update bandwidth, losses and aggregation from an ACK frame. `fullWindowBytes` is the window before it was
   * lowered.
   */
  update(
    sample: AckSample,
    rate: number,
    appLimited: boolean,
    state: BbrState,
    windowBytes: number,
    fullWindowBytes: number,
  ): void {
    const { round, shortTerm, maxBandwidth } = this;
    this.deliveredTotalBytes = sample.deliveredTotalBytes;
    round.onAck(sample);
    shortTerm.onAck(sample, rate);
    // An application-limited sample may be below the bandwidth, so it counts only when it is the highest.
    if (!appLimited || rate >= maxBandwidth.bandwidth) maxBandwidth.add(rate);
    if (sample.ceBytes > 0) shortTerm.lossInRound = true;
    shortTerm.judgeLosses(this.background, this.mtuBytes);
    this.background.onAck(sample, round.isStart, this.mtuBytes);
    shortTerm.adapt(maxBandwidth.bandwidth, fullWindowBytes, isAccelerating(state));
    const filterRounds = this.fullPipe.isReached ? AGGREGATION_ROUNDS : 1;
    this.aggregation.onAck(sample, this.bandwidth, round.count, windowBytes, filterRounds);
  }

  /** At the end of an ACK frame, store what the next one is compared with. */
  advance(sample: AckSample, rate: number): void {
    this.shortTerm.advance(sample, rate);
    this.bandwidth = Math.min(this.maxBandwidth.bandwidth, this.shortTerm.bandwidth);
  }

  /** A round begins now. */
  restartRound(): void {
    this.round.restart(this.deliveredTotalBytes);
  }

  /** Bytes in flight that fill the path at this rate, in bytes per microsecond. */
  product(bandwidth: number): number {
    return this.minRtt.rttUs === Infinity ? initialWindow(this.mtuBytes) : bandwidth * this.minRtt.rttUs;
  }

  /**
   * This volume with room for three trains: one being built, one that leaves, one that is not acknowledged
   * yet.
   */
  quantized(volumeBytes: number, pacingRate: number, state: BbrState): number {
    const leastBytes = pacingRate < SLOW_RATE ? this.mtuBytes : 2 * this.mtuBytes;
    const trainBytes = Math.max(Math.min(pacingRate / 1000, MAX_TRAIN_BYTES), leastBytes);
    const quantizedBytes = Math.max(volumeBytes, 3 * trainBytes, this.minimumPipe);
    return state === BbrState.ProbeUp ? quantizedBytes + 2 * this.mtuBytes : quantizedBytes;
  }

  /** Enough packets in flight for a receiver that acknowledges every second one. */
  get minimumPipe(): number {
    return 4 * this.mtuBytes;
  }

  /** The window while the queue empties to show the round-trip time without it. */
  get probeRttWindow(): number {
    return Math.max(WINDOW_GAIN[BbrState.ProbeRtt]! * this.product(this.bandwidth), this.minimumPipe);
  }

  /** The most bytes in flight that the losses allow in this state. */
  bound(state: BbrState): number {
    const { shortTerm, volume } = this;
    if (state === BbrState.ProbeRtt || state === BbrState.ProbeCruise)
      return Math.min(shortTerm.inFlightBytes, volume.withHeadroom(this.minimumPipe, this.mtuBytes));
    return isProbingCycle(state)
      ? Math.min(shortTerm.inFlightBytes, volume.inFlightBytes)
      : shortTerm.inFlightBytes;
  }

  /**
   * Whether more packets were lost, with this volume in flight, than a probe may cost; any CE mark counts as
   * too many.
   */
  isInFlightTooHigh(sample: AckSample): boolean {
    return sample.ceBytes > 0 || sample.lostBytes > this.affordableBytes(inFlightAtSend(sample));
  }

  /** How many of so many bytes in flight may be lost. */
  affordableBytes(bytes: number): number {
    return bytes * LOSS_THRESHOLD + this.background.explainedBytes(bytes, this.mtuBytes);
  }
}

/** Share of the bytes in flight that a probe may lose: BBR.LossThresh. */
const LOSS_THRESHOLD = 0.02;
/** Rounds for which aggregation is remembered: BBR.ExtraAckedFilterLen. */
const AGGREGATION_ROUNDS = 10;
/** 1.2 Mbit/s in bytes per second: at lower rates a train is one packet. */
const SLOW_RATE = 150_000;
const MAX_TRAIN_BYTES = 65_536;

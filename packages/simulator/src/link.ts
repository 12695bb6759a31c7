import { type Corruption, CorruptionModel } from './corruption.ts';
import { type Datagram, Ecn, wireBytes } from './datagram.ts';
import { type Delay, delayAt } from './delay.ts';
import { drawJitterUs, type Jitter } from './jitter.ts';
import { createLossModel, type Loss, type LossModel } from './loss-models.ts';
import { Policer, type PolicerOptions } from './policer.ts';
import { createQueue, type QueueKind } from './queue-kind.ts';
import type { Queue } from './queue.ts';
import type { Random } from './random.ts';
import { type Rate, transmittedUs } from './rate.ts';
import { Transit } from './transit.ts';

/** A span of time, its end exclusive. */
export interface Span {
  readonly fromUs: number;
  readonly untilUs: number;
}

/**
 * Options of one direction of a network, as plain data. The order of the fields is that in which they apply
 * to a datagram.
 */
export interface LinkOptions {
  /** Longest UDP payload that passes; longer ones are lost. Default 1500. */
  readonly mtuBytes: number;
  /** Datagrams that enter in these spans are lost. Default none. */
  readonly blackholes: readonly Span[];
  /** Datagrams that enter in these spans are lost, and the sender is told so. Default none. */
  readonly unreachable: readonly Span[];
  /** The model of loss. Default: no loss. */
  readonly loss?: Loss;
  /** The loss model applies only in these spans. Default: always. */
  readonly lossDuring?: readonly Span[];
  /** Probability that one byte is changed, or the model of it; the datagram is delivered all the same. Default 0. */
  readonly corruption: number | Corruption;
  /** Probability that a datagram enters twice. Default 0. */
  readonly duplication: number;
  /** The codepoint that leaves, indexed by the one that enters. Default: unchanged. */
  readonly ecnRewrite: readonly [number, number, number, number];
  /** Probability that an ECN-capable datagram is marked CE, besides marks of the queue. Default 0. */
  readonly ceMarking: number;
  /** Drops datagrams that exceed a rate. Default none. */
  readonly policer?: PolicerOptions;
  /**
   * Bytes that may wait for the bottleneck, with their UDP and IP headers, without the datagram being sent.
   * Default 65536.
   */
  readonly queueBytes: number;
  /** Datagrams that may wait. Default Infinity. */
  readonly queueDatagrams: number;
  /** Queue management. Default: tail drop. */
  readonly queue: QueueKind;
  /** Rate in bytes with their UDP and IP headers. Default Infinity: no bottleneck, no queue. */
  readonly bytesPerSecond: Rate;
  /** One-way propagation delay. Default 10000. */
  readonly delayUs: Delay;
  /** Added to the delay. Default none. */
  readonly jitter?: Jitter;
  /** Whether a datagram with less jitter overtakes earlier ones. Default: it waits behind them. */
  readonly overtaking: boolean;
  /** Probability that a datagram is held `reorderUs` longer while others overtake it. Default 0. */
  readonly reordering: number;
  /** How long datagrams are held. Default 5000. */
  readonly reorderUs: number;
  /** So many datagrams in a row are held together. Default 1. */
  readonly reorderRun: number;
}

/** Erases ECN codepoints. */
export const ECN_BLEACH = [0, 0, 0, 0] as const;
/** Exchanges ECT(0) and ECT(1). */
export const ECN_SWAP = [0, 2, 1, 3] as const;
/** Marks every ECN-capable datagram. */
export const ECN_ALL_CE = [0, 3, 3, 3] as const;

/** Counts of the datagrams that entered a link. */
export interface LinkCounters {
  entered: number;
  /**
   * Lost by the loss model, the MTU, the policer, a blackhole or an unreachable span; the queue counts its
   * own.
   */
  lost: number;
  corrupted: number;
  duplicated: number;
  /** Held while others overtook. */
  held: number;
  delivered: number;
  /** Delivered bytes, with their UDP and IP headers. */
  deliveredBytes: number;
}

/** One direction of a network: impairments, a bottleneck with a queue, and a delay. */
export class Link {
  readonly name: string;
  readonly options: LinkOptions;
  readonly queue: Queue;
  readonly counters: LinkCounters = {
    entered: 0,
    lost: 0,
    corrupted: 0,
    duplicated: 0,
    held: 0,
    delivered: 0,
    deliveredBytes: 0,
  };
  private readonly random: Random;
  private readonly loss: LossModel;
  private readonly corruption: CorruptionModel;
  private readonly policer: Policer | undefined;
  private readonly transit = new Transit<Datagram>();
  private sending: Datagram | undefined;
  private freeAtUs = 0;
  private lastArrivalUs = 0;
  /** How many more datagrams are held together with the last one. */
  private heldLeft = 0;

  constructor(name: string, options: Partial<LinkOptions>, random: Random) {
    this.name = name;
    this.options = { ...LINK_DEFAULTS, ...options };
    this.random = random.fork(name);
    this.loss = createLossModel(options.loss, random.fork(`${name} loss`));
    this.corruption = new CorruptionModel(this.options.corruption, this.random);
    this.policer = options.policer && new Policer(options.policer);
    const { queue, queueBytes, queueDatagrams } = this.options;
    this.queue = createQueue(queue, queueBytes, queueDatagrams, random.fork(`${name} queue`));
  }

  /** Datagrams dropped here for any reason. */
  get dropped(): number {
    return this.counters.lost + this.queue.dropped;
  }

  /** Whether a datagram that enters now is reported as unreachable. */
  isUnreachable(nowUs: number): boolean {
    return isWithin(this.options.unreachable, nowUs);
  }

  /** A datagram enters. */
  push(datagram: Datagram, nowUs: number): void {
    this.advance(nowUs);
    const { options, counters } = this;
    const index = counters.entered++;
    // Every random number is drawn for every datagram, so that one option does not change the effects of
    // another.
    const isLost = this.loss.loses(index) && isWithin(options.lossDuring ?? ALWAYS, nowUs);
    const isCorrupted = this.corruption.corrupts(datagram.bytes);
    const isDuplicated = this.random.chance(options.duplication);
    const isMarked = this.random.chance(options.ceMarking);
    if (
      isLost ||
      datagram.bytes.length > options.mtuBytes ||
      isWithin(options.blackholes, nowUs) ||
      this.isUnreachable(nowUs)
    ) {
      counters.lost++;
      return;
    }
    if (this.policer?.passes(wireBytes(datagram), nowUs) === false) {
      counters.lost++;
      return;
    }
    let ecn = options.ecnRewrite[datagram.ecn & 3]!;
    if (isMarked && ecn !== Ecn.NotEct) ecn = Ecn.Ce;
    const bytes = isCorrupted ? this.corrupt(datagram.bytes) : datagram.bytes;
    const kept = ecn === datagram.ecn && bytes === datagram.bytes ? datagram : { ...datagram, ecn, bytes };
    this.enqueue(kept, nowUs);
    if (isDuplicated) {
      counters.duplicated++;
      this.enqueue(kept, nowUs);
    }
  }

  /** When the next datagram leaves the bottleneck or arrives. */
  nextUs(): number {
    const freeUs = this.sending === undefined ? Infinity : Math.ceil(this.freeAtUs);
    return Math.min(freeUs, this.transit.nextUs());
  }

  /** The next datagram that has arrived by now, or undefined. */
  pop(nowUs: number): Datagram | undefined {
    this.advance(nowUs);
    const datagram = this.transit.pop(nowUs);
    if (datagram !== undefined) {
      this.counters.delivered++;
      this.counters.deliveredBytes += wireBytes(datagram);
    }
    return datagram;
  }

  private enqueue(datagram: Datagram, nowUs: number): void {
    this.queue.push(datagram, nowUs);
    if (this.sending === undefined) this.send(Math.max(nowUs, this.freeAtUs));
  }

  /** Move datagrams through the bottleneck up to this time. */
  private advance(nowUs: number): void {
    while (this.sending !== undefined && this.freeAtUs <= nowUs) {
      this.depart(this.sending, this.freeAtUs);
      this.send(this.freeAtUs);
    }
  }

  private send(startUs: number): void {
    this.sending = this.queue.pop(startUs);
    if (this.sending === undefined) return;
    this.freeAtUs = transmittedUs(this.options.bytesPerSecond, startUs, wireBytes(this.sending));
    if (this.freeAtUs === startUs) this.advance(startUs);
  }

  private depart(datagram: Datagram, leftUs: number): void {
    const { delayUs, jitter, reordering, reorderUs, reorderRun } = this.options;
    const arrivalUs = Math.ceil(leftUs + delayAt(delayUs, leftUs)) + drawJitterUs(jitter, this.random);
    const isHeld = this.random.chance(reordering) || this.heldLeft > 0;
    if (isHeld) {
      this.heldLeft = this.heldLeft > 0 ? this.heldLeft - 1 : reorderRun - 1;
      this.counters.held++;
      this.transit.push(datagram, arrivalUs + reorderUs);
      return;
    }
    this.lastArrivalUs = this.options.overtaking ? arrivalUs : Math.max(this.lastArrivalUs, arrivalUs);
    this.transit.push(datagram, this.lastArrivalUs);
  }

  private corrupt(bytes: Uint8Array): Uint8Array {
    this.counters.corrupted++;
    return this.corruption.apply(bytes);
  }
}

/** Default options: 10 ms of delay and no impairments. */
export const LINK_DEFAULTS: LinkOptions = {
  mtuBytes: 1500,
  blackholes: [],
  unreachable: [],
  corruption: 0,
  duplication: 0,
  ecnRewrite: [0, 1, 2, 3],
  ceMarking: 0,
  queueBytes: 65_536,
  queueDatagrams: Infinity,
  queue: { kind: 'tail-drop' },
  bytesPerSecond: Infinity,
  delayUs: 10_000,
  overtaking: false,
  reordering: 0,
  reorderUs: 5000,
  reorderRun: 1,
};

const ALWAYS: readonly Span[] = [{ fromUs: -Infinity, untilUs: Infinity }];

function isWithin(spans: readonly Span[], nowUs: number): boolean {
  for (const span of spans) if (nowUs >= span.fromUs && nowUs < span.untilUs) return true;
  return false;
}

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

/** One direction of a network, as plain data. What a datagram meets, in this order, is the order of the fields. */
export interface LinkOptions {
  /** Longest UDP payload that passes; longer ones vanish. Default 1500. */
  readonly mtuBytes: number;
  /** Everything that enters in these spans vanishes. Default none. */
  readonly blackholes: readonly Span[];
  /** Everything that enters in these spans vanishes, and the sender is told so. Default none. */
  readonly unreachable: readonly Span[];
  /** What is lost. Default nothing. */
  readonly loss?: Loss;
  /** Only what enters in these spans may be lost so. Default: everything. */
  readonly lossDuring?: readonly Span[];
  /** Probability that one byte is changed; the datagram is delivered all the same. Default 0. */
  readonly corruption: number;
  /** Probability that a datagram enters twice. Default 0. */
  readonly duplication: number;
  /** The codepoint that leaves for each that enters, indexed by codepoint. Default: unchanged. */
  readonly ecnRewrite: readonly [number, number, number, number];
  /** Probability to mark an ECN-capable datagram CE, besides what the queue marks. Default 0. */
  readonly ceMarking: number;
  /** Drops what exceeds a rate. Default none. */
  readonly policer?: PolicerOptions;
  /** Bytes that may wait for the bottleneck, with their UDP and IP headers, apart from the datagram being sent. Default 65536. */
  readonly queueBytes: number;
  /** Datagrams that may wait. Default Infinity. */
  readonly queueDatagrams: number;
  /** Default: tail drop. */
  readonly queue: QueueKind;
  /** Bytes with their UDP and IP headers. Default Infinity: no bottleneck, no queue. */
  readonly bytesPerSecond: Rate;
  /** One-way propagation delay. Default 10000. */
  readonly delayUs: Delay;
  /** Added to the delay. Default none. */
  readonly jitter?: Jitter;
  /** What left later overtakes where its jitter is smaller. Default: it waits behind what left before. */
  readonly overtaking: boolean;
  /** Probability to be held `reorderUs` longer while others overtake. Default 0. */
  readonly reordering: number;
  /** Default 5000. */
  readonly reorderUs: number;
  /** So many in a row are held together. Default 1. */
  readonly reorderRun: number;
}

/** ECN codepoints erased. */
export const ECN_BLEACH = [0, 0, 0, 0] as const;
/** ECT(0) and ECT(1) exchanged. */
export const ECN_SWAP = [0, 2, 1, 3] as const;
/** Every ECN-capable datagram marked. */
export const ECN_ALL_CE = [0, 3, 3, 3] as const;

/** What became of the datagrams that entered. */
export interface LinkCounters {
  entered: number;
  /** By loss model, MTU, policer, blackhole or an unreachable span; the queue counts its own. */
  lost: number;
  corrupted: number;
  duplicated: number;
  /** Kept back while others overtook. */
  held: number;
  delivered: number;
  /** With their UDP and IP headers. */
  deliveredBytes: number;
}

/** One direction of a network: what can befall a datagram, a bottleneck with a queue, a delay. */
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
  private readonly policer: Policer | undefined;
  private readonly transit = new Transit<Datagram>();
  private sending: Datagram | undefined;
  private freeAtUs = 0;
  private lastArrivalUs = 0;
  /** How many more are held with the last that was. */
  private heldLeft = 0;

  constructor(name: string, options: Partial<LinkOptions>, random: Random) {
    this.name = name;
    this.options = { ...LINK_DEFAULTS, ...options };
    this.random = random.fork(name);
    this.loss = createLossModel(options.loss, random.fork(`${name} loss`));
    this.policer = options.policer && new Policer(options.policer);
    const { queue, queueBytes, queueDatagrams } = this.options;
    this.queue = createQueue(queue, queueBytes, queueDatagrams, random.fork(`${name} queue`));
  }

  /** Datagrams dropped here for whatever reason. */
  get dropped(): number {
    return this.counters.lost + this.queue.dropped;
  }

  /** Whether what enters now comes back as "unreachable". */
  isUnreachable(nowUs: number): boolean {
    return isWithin(this.options.unreachable, nowUs);
  }

  /** A datagram enters. */
  push(datagram: Datagram, nowUs: number): void {
    this.advance(nowUs);
    const { options, counters } = this;
    const index = counters.entered++;
    // Every draw is made for every datagram, so that one option does not shift the effects of another.
    const isLost = this.loss.loses(index) && isWithin(options.lossDuring ?? ALWAYS, nowUs);
    const isCorrupted = this.random.chance(options.corruption);
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

  /** When something happens here next: a datagram leaves the bottleneck, or arrives. */
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

  /** Let the bottleneck do what it has done by now. */
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
    const changed = bytes.slice();
    const at = this.random.integer(bytes.length);
    changed[at] = changed[at]! ^ (1 + this.random.integer(255));
    return changed;
  }
}

/** What a link is unless told otherwise: 10 ms, and nothing else happens. */
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

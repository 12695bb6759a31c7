import {
  type Address,
  createOutgoingDatagram,
  type OutgoingDatagram,
  type QuicEvent,
  type QuicHostContext,
} from '@tsquic/quic-core';
import type { Datagram } from './datagram.ts';
import { Fifo } from './fifo.ts';
import { Nat, type NatOptions } from './nat.ts';
import { Loop, type LoopOptions } from './loop.ts';
import type { Observer } from './observer.ts';

/** What one processor can do. */
export interface CpuOptions {
  /** Time to take in one datagram. */
  readonly receiveUs: number;
  /** Time to make and send one datagram. */
  readonly sendUs: number;
  /** Datagrams that may wait to be taken in; further ones are dropped, as a full socket buffer does. */
  readonly inputDatagrams: number;
}

/** What a host is made of. */
export interface HostOptions {
  readonly name: string;
  readonly context: QuicHostContext;
  /** One for each interface; interface indexes count from 1. */
  readonly addresses: readonly Address[];
  /** In front of the first interface. */
  readonly nat?: NatOptions;
  /** Default: infinitely fast. */
  readonly cpu?: CpuOptions;
  /** Default: the program runs whenever something is due. */
  readonly loop?: LoopOptions;
  /** What the host's clock shows when that of the world shows 0. Default 0. */
  readonly clockOriginUs?: number;
  /** Room in the send buffer: more than one datagram allows trains. Default 1500. */
  readonly sendBufferBytes?: number;
  /** Every event of the context, in order. May call the context's connections, not the three calls. */
  readonly onEvent?: (event: QuicEvent, nowUs: number) => void;
}

/** One machine: a context, its addresses, and the time its processor needs. */
export class Host {
  readonly name: string;
  readonly context: QuicHostContext;
  readonly addresses: readonly Address[];
  readonly nat: Nat | undefined;
  /** Datagrams dropped because too many waited. */
  inputDropped = 0;
  private readonly cpu: CpuOptions | undefined;
  private readonly loop: Loop;
  private readonly clockOriginUs: number;
  private readonly onEvent: ((event: QuicEvent, nowUs: number) => void) | undefined;
  private readonly input = new Fifo<{ readonly datagram: Datagram; readonly to: Address }>();
  private readonly outgoing: OutgoingDatagram;
  private readonly observer: Observer;
  private busyUntilUs = 0;

  constructor(options: HostOptions, observer: Observer) {
    this.name = options.name;
    this.context = options.context;
    this.addresses = options.addresses;
    this.nat = options.nat === undefined ? undefined : new Nat(options.nat);
    this.cpu = options.cpu;
    this.loop = new Loop(options.loop ?? {});
    this.clockOriginUs = options.clockOriginUs ?? 0;
    this.onEvent = options.onEvent;
    this.observer = observer;
    this.outgoing = createOutgoingDatagram(new Uint8Array(options.sendBufferBytes ?? 1500));
  }

  /** A datagram has come to one of the addresses (`to` is the inner one). */
  deliver(datagram: Datagram, to: Address): void {
    if (this.cpu !== undefined && this.input.length >= this.cpu.inputDatagrams) {
      this.inputDropped++;
      return;
    }
    this.input.push({ datagram, to });
  }

  /** What the clock of this host shows, which is what its context is told. */
  clockUs(nowUs: number): number {
    return nowUs + this.clockOriginUs;
  }

  /** Microseconds until the context wants to be asked, 0 for now. */
  wakeDelayUs(nowUs: number): number {
    return this.context.nextWakeDelay(this.clockUs(nowUs), FAR_US);
  }

  /** When this host gets its turn. */
  nextUs(nowUs: number): number {
    const delayUs = this.wakeDelayUs(nowUs);
    const wakeUs = delayUs === FAR_US ? Infinity : nowUs + delayUs;
    const dueUs = this.input.length > 0 ? this.loop.forInput(nowUs) : this.loop.forTimer(wakeUs, nowUs);
    return Math.max(dueUs, Math.ceil(this.busyUntilUs));
  }

  /** Take in what has come, tell the events, send what is due; all in the order a host program follows. */
  turn(nowUs: number, send: (datagram: Datagram) => void): void {
    let rounds = 0;
    this.loop.onTurn(nowUs);
    do {
      if (++rounds > LIVELOCK_ROUNDS) throw new Error(`${this.name} does not come to rest at ${nowUs} µs`);
      this.receive(nowUs);
      this.tellEvents(nowUs);
      this.prepare(nowUs, send);
    } while (this.tellEvents(nowUs) || this.isDue(nowUs));
    if (!this.isBusy(nowUs)) this.observer.onIdle?.(this, nowUs);
  }

  private receive(nowUs: number): void {
    while (this.input.length > 0 && !this.isBusy(nowUs)) {
      const { datagram, to } = this.input.shift()!;
      const index = this.addresses.indexOf(to) + 1;
      this.observer.onReceive?.(this, datagram, nowUs);
      this.context.incomingPacket(
        datagram.bytes,
        datagram.from,
        to,
        index,
        datagram.ecn,
        this.clockUs(nowUs),
      );
      this.spend(this.cpu?.receiveUs, nowUs);
    }
  }

  private prepare(nowUs: number, send: (datagram: Datagram) => void): void {
    const out = this.outgoing;
    while (!this.isBusy(nowUs)) {
      this.observer.onBeforePrepare?.(this, nowUs);
      const length = this.context.prepareNextPacket(out, this.clockUs(nowUs));
      this.observer.onAfterPrepare?.(this, out, length, nowUs);
      if (length === 0) return;
      const from = out.from.port === 0 ? this.addresses[0]! : out.from;
      const segment = out.segmentSize > 0 ? out.segmentSize : length;
      for (let at = 0; at < length; at += segment) {
        const bytes = out.buffer.slice(at, Math.min(length, at + segment));
        send({ bytes, from, to: out.to, ecn: out.ecn, sentUs: nowUs });
        this.spend(this.cpu?.sendUs, nowUs);
      }
    }
  }

  private tellEvents(nowUs: number): boolean {
    let any = false;
    for (let event = this.context.nextEvent(); event !== undefined; event = this.context.nextEvent()) {
      any = true;
      this.observer.onEvent?.(this, event, nowUs);
      this.onEvent?.(event, nowUs);
    }
    return any;
  }

  private isDue(nowUs: number): boolean {
    if (this.isBusy(nowUs)) return false;
    return this.input.length > 0 || this.wakeDelayUs(nowUs) === 0;
  }

  private isBusy(nowUs: number): boolean {
    return this.busyUntilUs > nowUs;
  }

  private spend(costUs: number | undefined, nowUs: number): void {
    if (costUs !== undefined) this.busyUntilUs = Math.max(this.busyUntilUs, nowUs) + costUs;
  }
}

/** Longer than any run. */
const FAR_US = 1e15;
/** A host that acts this often within one instant is stuck. */
const LIVELOCK_ROUNDS = 10_000;

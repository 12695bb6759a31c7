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

/** Properties of a processor. */
export interface CpuOptions {
  /** Time to read one datagram. */
  readonly receiveUs: number;
  /** Time to make and send one datagram. */
  readonly sendUs: number;
  /** Datagrams that may wait to be read; further ones are dropped, as by a full socket buffer. */
  readonly inputDatagrams: number;
}

/** Options of a host. */
export interface HostOptions {
  readonly name: string;
  readonly context: QuicHostContext;
  /** One address for each interface, or each port of it; interface indexes count from 1. */
  readonly addresses: readonly Address[];
  /** The NAT of the first interface. */
  readonly nat?: NatOptions;
  /** Default: infinitely fast. */
  readonly cpu?: CpuOptions;
  /** Default: the program runs whenever something is due. */
  readonly loop?: LoopOptions;
  /** Time that the host's clock shows at time 0 of the world. Default 0. */
  readonly clockOriginUs?: number;
  /** Size of the send buffer: more than one datagram allows trains. Default 1500. */
  readonly sendBufferBytes?: number;
  /**
   * Is called with every event of the context, in order. It may call the context's connections, but not the
   * three calls.
   */
  readonly onEvent?: (event: QuicEvent, nowUs: number) => void;
}

/** One host: a context, its addresses, and the time that its processor takes. */
export class Host {
  readonly name: string;
  readonly context: QuicHostContext;
  readonly addresses: readonly Address[];
  readonly nat: Nat | undefined;
  /** Datagrams dropped because too many waited to be read. */
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

  /** A datagram came to one of the addresses (`to` is the inner one). */
  deliver(datagram: Datagram, to: Address): void {
    if (this.cpu !== undefined && this.input.length >= this.cpu.inputDatagrams) {
      this.inputDropped++;
      return;
    }
    this.input.push({ datagram, to });
  }

  /** Time that this host's clock shows, which its context is told. */
  clockUs(nowUs: number): number {
    return nowUs + this.clockOriginUs;
  }

  /** Microseconds until the context has something to do, 0 for now. */
  wakeDelayUs(nowUs: number): number {
    return this.context.nextWakeDelay(this.clockUs(nowUs), FAR_US);
  }

  /** When this host has its next turn. */
  nextUs(nowUs: number): number {
    const delayUs = this.wakeDelayUs(nowUs);
    const wakeUs = delayUs === FAR_US ? Infinity : nowUs + delayUs;
    const dueUs = this.input.length > 0 ? this.loop.forInput(nowUs) : this.loop.forTimer(wakeUs, nowUs);
    return Math.max(dueUs, Math.ceil(this.busyUntilUs));
  }

  /** Read datagrams, handle events, and send datagrams, in the order of a host program. */
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
/** A host that has so many turns within one instant does not stop. */
const LIVELOCK_ROUNDS = 10_000;

import type { Alarm, Clock, DatagramPort } from '@tsquic/event-adapters';
import type { Address } from '@tsquic/quic-core';

/** A network in memory with a virtual clock: no socket is opened, and no real time passes. */
export class VirtualNetwork {
  /** From 2026 on, so that fresh certificates are valid. */
  readonly unixTimeAtZeroUs: number = Date.now() * 1000;
  readonly clock: Clock = {
    nowUs: () => this.us,
    createAlarm: (task) => this.createAlarm(task),
  };
  /** Datagrams are lost while this is set. */
  isCut = false;
  private us = 0;
  private readonly alarms = new Set<VirtualAlarm>();
  private readonly ports = new Map<string, VirtualPort>();

  /** A port that reaches all others of this network. */
  openPort(ip: string): VirtualPort {
    const port = new VirtualPort(this, { ip, port: 1000 + this.ports.size });
    this.ports.set(keyOf(port.local), port);
    return port;
  }

  /** Alarms that are set: what still keeps an event loop busy. */
  get armed(): number {
    return [...this.alarms].filter(({ dueUs }) => dueUs < Infinity).length;
  }

  carry(bytes: Uint8Array, from: Address, to: Address): void {
    if (this.isCut) return;
    this.createAlarm(() => this.ports.get(keyOf(to))?.arrive(bytes, from)).set(LATENCY_US);
  }

  forget(port: VirtualPort): void {
    this.ports.delete(keyOf(port.local));
  }

  /** Let time pass until `promise` has settled, and return what became of it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    promise.then(over, over);
    for (let step = 0; step < MAX_STEPS; step++) {
      // What the last step set free must run before time moves on.
      await new Promise((resolve) => setImmediate(resolve));
      if (isOver) return promise;
      this.step();
    }
    throw new Error('nothing happened in the virtual network');
  }

  async pass(us: number): Promise<void> {
    const alarm = new Promise<void>((resolve) => this.createAlarm(resolve).set(us));
    await this.until(alarm);
  }

  private createAlarm(task: () => void): Alarm {
    const alarm: VirtualAlarm = {
      dueUs: Infinity,
      task,
      set: (delayUs) => {
        alarm.dueUs = this.us + delayUs;
        this.alarms.add(alarm);
      },
      cancel: () => {
        alarm.dueUs = Infinity;
        this.alarms.delete(alarm);
      },
    };
    return alarm;
  }

  private step(): void {
    let first: VirtualAlarm | undefined;
    for (const alarm of this.alarms) if (first === undefined || alarm.dueUs < first.dueUs) first = alarm;
    if (first === undefined) return;
    this.us = Math.max(this.us, first.dueUs);
    first.cancel();
    first.task();
  }
}

interface VirtualAlarm extends Alarm {
  dueUs: number;
  readonly task: () => void;
}

/** One port of a `VirtualNetwork`. */
export class VirtualPort implements DatagramPort {
  readonly local: Address;
  onDatagram: DatagramPort['onDatagram'] = () => {};
  onUnreachable: DatagramPort['onUnreachable'] = () => {};
  isClosed = false;
  private readonly network: VirtualNetwork;

  constructor(network: VirtualNetwork, local: Address) {
    this.network = network;
    this.local = local;
  }

  send(bytes: Uint8Array, start: number, end: number, to: Address): void {
    if (!this.isClosed) this.network.carry(bytes.slice(start, end), this.local, to);
  }

  arrive(bytes: Uint8Array, from: Address): void {
    this.onDatagram(bytes, from, 0);
  }

  close(): void {
    this.isClosed = true;
    this.network.forget(this);
  }
}

function keyOf(address: Address): string {
  return `${address.ip} ${address.port}`;
}

const LATENCY_US = 1000;
const MAX_STEPS = 100_000;

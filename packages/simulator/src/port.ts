import type { Clock, DatagramPort } from '@tsquic/event-adapters';
import type { Address, OutgoingDatagram, QuicHostContext } from '@tsquic/quic-core';
import { Fifo } from './fifo.ts';
import type { CpuOptions } from './host.ts';
import type { LoopOptions } from './loop.ts';
import type { NatOptions } from './nat.ts';
import type { World } from './world.ts';

/** Options of `openSimulatedPort`. */
export interface SimulatedPortOptions {
  readonly name: string;
  readonly address: Address;
  /** The NAT in front of the port. */
  readonly nat?: NatOptions;
  /** Default: infinitely fast. */
  readonly cpu?: CpuOptions;
  /** When the program runs. Default: whenever something is due. */
  readonly loop?: LoopOptions;
  /**
   * With this option, alarms that are due fire before the socket is read, and at most so many datagrams are
   * read between two checks of the alarms, like in event loops. Default: all datagrams are read first.
   */
  readonly readsPerTurn?: number;
}

/** The port and the clock of a `QuicLoop`, in virtual time. */
export interface SimulatedPort {
  readonly port: DatagramPort;
  readonly clock: Clock;
}

/**
 * A host of `world` that contains a port and a clock instead of a context: a program on `QuicLoop` runs
 * unchanged over simulated links in virtual time. Time passes, and callbacks run, inside `world.run`.
 */
export function openSimulatedPort(world: World, options: SimulatedPortOptions): SimulatedPort {
  const { name, address, nat, cpu, loop, readsPerTurn = Infinity } = options;
  const machine = new PortMachine(world, address, readsPerTurn);
  world.addHost({
    name,
    context: machine,
    addresses: [address],
    sendBufferBytes: MAX_UDP_PAYLOAD,
    ...(nat === undefined ? {} : { nat }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(loop === undefined ? {} : { loop }),
  });
  return { port: machine.port, clock: machine.clock };
}

/** Turns a simulated host's calls of a context into a socket's and a timer's calls of a loop. */
class PortMachine implements QuicHostContext {
  readonly port: DatagramPort;
  readonly clock: Clock;
  private readonly sent = new Fifo<SentDatagram>();
  private readonly alarms: PortAlarm[] = [];
  /** Datagrams that wait in the socket. */
  private readonly arrived = new Fifo<() => void>();
  private readonly readsPerTurn: number;
  private closed = false;

  constructor(world: World, local: Address, readsPerTurn: number) {
    this.readsPerTurn = readsPerTurn;
    this.port = {
      local,
      onDatagram: () => {},
      onUnreachable: () => {},
      send: (bytes, start, end, to, ecn) => {
        if (!this.closed) this.sent.push({ bytes: bytes.slice(start, end), to, ecn });
      },
      close: () => {
        this.closed = true;
      },
    };
    this.clock = {
      nowUs: () => world.nowUs,
      createAlarm: (task) => {
        const alarm: PortAlarm = { dueUs: Infinity, task };
        this.alarms.push(alarm);
        return {
          set: (delayUs) => {
            alarm.dueUs = world.nowUs + Math.ceil(delayUs);
          },
          cancel: () => {
            alarm.dueUs = Infinity;
          },
        };
      },
    };
  }

  incomingPacket(
    bytes: Uint8Array,
    from: Address,
    to: Address,
    interfaceIndex: number,
    ecn: number,
    _nowUs: number,
  ): void {
    const read = (): void => {
      if (!this.closed) this.port.onDatagram(bytes, from, ecn, to, interfaceIndex);
    };
    if (this.readsPerTurn === Infinity) read();
    else this.arrived.push(read);
  }

  prepareNextPacket(out: OutgoingDatagram, nowUs: number): number {
    if (this.sent.length === 0) this.runAlarms(nowUs);
    if (this.sent.length === 0)
      for (let left = this.readsPerTurn; left > 0 && this.arrived.length > 0; left--) this.arrived.shift()!();
    const next = this.sent.length === 0 ? undefined : this.sent.shift();
    out.length = out.segmentSize = next?.bytes.length ?? 0;
    if (next === undefined) return 0;
    out.buffer.set(next.bytes);
    out.to = next.to;
    out.from = this.port.local;
    out.interfaceIndex = 0;
    out.ecn = next.ecn;
    out.connection = -1;
    out.logId = '';
    return out.length;
  }

  nextWakeDelay(nowUs: number, maxUs: number): number {
    return Math.min(Math.max(0, this.nextWakeTime() - nowUs), maxUs);
  }

  nextWakeTime(): number {
    return this.sent.length > 0 || this.arrived.length > 0
      ? -Infinity
      : Math.min(...this.alarms.map(({ dueUs }) => dueUs));
  }

  notifyUnreachable(to: Address): void {
    if (!this.closed) this.port.onUnreachable(to);
  }

  nextEvent(): undefined {
    return undefined;
  }

  connection(): undefined {
    return undefined;
  }

  createConnection(): never {
    throw new Error('this host has a port inside: connections belong to the context of its loop');
  }

  close(): void {
    this.port.close();
  }

  free(): void {
    this.port.close();
  }

  private runAlarms(nowUs: number): void {
    for (const alarm of this.alarms) {
      if (alarm.dueUs > nowUs) continue;
      alarm.dueUs = Infinity;
      alarm.task();
    }
  }
}

interface SentDatagram {
  readonly bytes: Uint8Array;
  readonly to: Address;
  readonly ecn: number;
}

interface PortAlarm {
  dueUs: number;
  readonly task: () => void;
}

const MAX_UDP_PAYLOAD = 65_535;

import type { Address } from '@tsquic/quic-core';
import type { Alarm, Clock } from './clock.ts';
import type { DatagramPort } from './datagram-port.ts';
import { SendQueue } from './send-queue.ts';

/** A non-blocking UDP socket, as an event base watches it. */
export interface ReactorSocket {
  /** Where it is bound. One object for the life of the socket. */
  readonly local: Address;
  /** The next datagram that has arrived, or undefined when none is left. One `Address` object for each remote. */
  receive(): ReceivedDatagram | undefined;
  /** Send `bytes[start, end)`; false when the socket would block. The bytes are free on return. */
  send(bytes: Uint8Array, start: number, end: number, to: Address, ecn: number): boolean;
  close(): void;
}

/** What `ReactorSocket.receive` returns; the socket may use the object and its bytes again for the next one. */
export interface ReceivedDatagram {
  readonly bytes: Uint8Array;
  readonly from: Address;
  /** 0 where the platform does not tell. */
  readonly ecn: number;
}

/** Something an event base watches for, in libevent's sense; made by it, and silent until `add`. */
export interface ReactorEvent {
  /** Watch from now on. Timers: go off once, `delayUs` from now; a second call replaces the first. */
  add(delayUs?: number): void;
  /** Stop watching. */
  remove(): void;
}

/** A program's event base: what it must offer for `joinReactor`. The program owns its dispatch loop. */
export interface EventBase<S extends ReactorSocket = ReactorSocket> {
  /** Microseconds, an integer that never goes backwards. */
  nowUs(): number;
  /** Calls back in each turn of the loop while `socket` has datagrams: EV_READ with EV_PERSIST. */
  createReadEvent(socket: S, callback: () => void): ReactorEvent;
  /** Calls back once when `socket` can send: EV_WRITE. */
  createWriteEvent(socket: S, callback: () => void): ReactorEvent;
  /** Calls back once when the time has passed. */
  createTimerEvent(callback: () => void): ReactorEvent;
}

/** Join a socket of an event base to `QuicLoop`: everything then happens inside the program's dispatch loop. */
export function joinReactor<S extends ReactorSocket>(
  base: EventBase<S>,
  socket: S,
): { readonly port: DatagramPort; readonly clock: Clock } {
  const clock: Clock = {
    nowUs: () => base.nowUs(),
    createAlarm: (task): Alarm => {
      const timer = base.createTimerEvent(task);
      return { set: (delayUs) => timer.add(delayUs), cancel: () => timer.remove() };
    },
  };
  return { port: new ReactorPort(base, socket), clock };
}

class ReactorPort<S extends ReactorSocket> implements DatagramPort {
  readonly local: Address;
  onDatagram: DatagramPort['onDatagram'] = () => {};
  onUnreachable: (to: Address) => void = () => {};
  onWritable: () => void = () => {};
  private readonly socket: S;
  private readonly readEvent: ReactorEvent;
  private readonly writeEvent: ReactorEvent;
  private readonly waiting: SendQueue = new SendQueue();
  private closed = false;

  constructor(base: EventBase<S>, socket: S) {
    this.socket = socket;
    this.local = socket.local;
    this.readEvent = base.createReadEvent(socket, () => this.receive());
    this.writeEvent = base.createWriteEvent(socket, () => this.drain());
    this.readEvent.add();
  }

  get isWritable(): boolean {
    return this.waiting.length === 0;
  }

  send(bytes: Uint8Array, start: number, end: number, to: Address, ecn: number): void {
    if (this.closed) return;
    // What waits goes first: datagrams leave in call order.
    if (this.waiting.length === 0 && this.socket.send(bytes, start, end, to, ecn)) return;
    this.waiting.push(bytes, start, end, to, ecn);
    this.writeEvent.add();
  }

  close(): void {
    if (this.closed) return;
    this.drain();
    this.closed = true;
    this.readEvent.remove();
    this.writeEvent.remove();
    this.socket.close();
  }

  private receive(): void {
    // Other sockets and timers of the program have their turn between two batches.
    for (let count = 0; count < BATCH && !this.closed; count++) {
      const datagram = this.socket.receive();
      if (datagram === undefined) return;
      this.onDatagram(datagram.bytes, datagram.from, datagram.ecn);
    }
  }

  private drain(): void {
    for (let first = this.waiting.at(0); first !== undefined; first = this.waiting.at(0)) {
      if (!this.socket.send(first.bytes, 0, first.bytes.length, first.to, first.ecn)) {
        if (!this.closed) this.writeEvent.add();
        return;
      }
      this.waiting.drop(1);
    }
    if (!this.closed) this.onWritable();
  }
}

const BATCH = 64;

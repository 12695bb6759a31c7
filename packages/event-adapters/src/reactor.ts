import type { Address } from '@tsquic/quic-core';
import type { Alarm, Clock } from './clock.ts';
import type { DatagramPort } from './datagram-port.ts';
import { SendQueue } from './send-queue.ts';

/** A non-blocking UDP socket that an event base can watch. */
export interface ReactorSocket {
  /** The address that it is bound to. The object is the same for the life of the socket. */
  readonly local: Address;
  /**
   * The next received datagram, or undefined when there is none. `Address` objects are the same for the same
   * remote.
   */
  receive(): ReceivedDatagram | undefined;
  /**
   * Send `bytes[start, end)`; false when the socket would block. The bytes may be overwritten when this
   * returns.
   */
  send(bytes: Uint8Array, start: number, end: number, to: Address, ecn: number): boolean;
  close(): void;
}

/** The result of `ReactorSocket.receive`; the socket may reuse the object and its bytes for the next one. */
export interface ReceivedDatagram {
  readonly bytes: Uint8Array;
  readonly from: Address;
  /** 0 where the platform does not tell. */
  readonly ecn: number;
}

/** An event in libevent's sense, made by an event base; it is inactive until `add`. */
export interface ReactorEvent {
  /** Activate the event. A timer fires once, `delayUs` from now; a second call replaces the first. */
  add(delayUs?: number): void;
  /** Stop watching. */
  remove(): void;
}

/** The functions of a program's event base that `joinReactor` needs. The program runs its dispatch loop. */
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

/**
 * Join a socket of an event base to `QuicLoop`, so that all work is done inside the program's dispatch loop.
 */
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
    // Waiting datagrams go first, so that datagrams leave in the order of the calls.
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
    // Other sockets and timers of the program are served between two batches.
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

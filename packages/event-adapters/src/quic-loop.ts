import {
  createOutgoingDatagram,
  type Address,
  type OutgoingDatagram,
  type QuicEvent,
} from '@tsquic/quic-core';
import type { QuicHostContext } from '@tsquic/quic-core';
import type { Alarm, Clock } from './clock.ts';
import type { DatagramPort } from './datagram-port.ts';
import { Stall } from './stall.ts';

/** What a `QuicLoop` joins. */
export interface QuicLoopOptions {
  readonly context: QuicHostContext;
  /** The loop takes over its `onDatagram` and `onUnreachable`. */
  readonly port: DatagramPort;
  readonly clock: Clock;

  /** Hears every event, in order. It may call connections and streams; what they then have to send is sent. */
  readonly onEvent: (event: QuicEvent) => void;

  /**
   * Hears what `onEvent` throws. The loop goes on with the next event in any case. Without it the error is
   * thrown again from a microtask, where the runtime reports it as uncaught.
   */
  readonly onError?: (error: unknown, event: QuicEvent) => void;

  /** Datagrams to take in before a flush, at most. Default 64. */
  readonly receiveBatch?: number;
  /** Datagrams to send before the event loop runs again, about. Default 64. */
  readonly sendBatch?: number;
  /** Called around the work, for programs that watch or steer the loop. They must not throw. */
  readonly hooks?: LoopHooks;
}

/** Moments of a `QuicLoop`. */
export interface LoopHooks {
  /** A batch of datagrams went to the context; its events come next. */
  readonly afterReceive?: (datagrams: number, bytes: number) => void;
  /** What was due, or a batch of it, was sent; nothing perhaps. */
  readonly afterSend?: (datagrams: number, bytes: number) => void;
  /** The loop is about to sleep for `delayUs`: return that or less. */
  readonly limitSleep?: (nowUs: number, delayUs: number) => number;
}

/**
 * Drives a context from a socket and a clock: datagrams in, events out, datagrams out, alarm set. Holds no
 * protocol state.
 *
 * Work comes in bounded batches, so that receiving, sending and the rest of the program share the event loop.
 * The loop keeps running until `stop`, also when a handler throws or a connection fails.
 *
 * A program that stood still finds datagrams in its socket, and timers that are overdue. The datagrams come first, all
 * of them, however few a runtime reads in one turn: peers are not given up for silence while their words wait.
 */
export class QuicLoop {
  private readonly context: QuicHostContext;
  private port: DatagramPort;
  private readonly clock: Clock;
  private readonly onEvent: (event: QuicEvent) => void;
  private readonly onError: (error: unknown, event: QuicEvent) => void;
  private readonly outgoing: OutgoingDatagram = createOutgoingDatagram(OUTPUT);
  private readonly receiveBatch: number;
  private readonly sendBatch: number;
  private readonly hooks: LoopHooks;
  private readonly alarm: Alarm;
  private receivedInBatch = 0;
  private receivedBytes = 0;
  private batchUs = 0;
  private readonly stall: Stall = new Stall();
  private busy = false;
  private stopped = false;
  private closing = false;
  private isReferenced = true;

  constructor(options: QuicLoopOptions) {
    this.context = options.context;
    this.port = options.port;
    this.clock = options.clock;
    this.onEvent = options.onEvent;
    this.onError = options.onError ?? throwLater;
    this.receiveBatch = options.receiveBatch ?? RECEIVE_BATCH;
    this.sendBatch = options.sendBatch ?? SEND_BATCH;
    this.hooks = options.hooks ?? {};
    this.alarm = this.clock.createAlarm(() => this.turn());
    this.attach(this.port);
  }

  /** The loop's time, for the calls of a context that ask for it. */
  nowUs(): number {
    return this.clock.nowUs();
  }

  /**
   * Look at the context soon. Call it after using a connection or a stream outside `onEvent`; many calls cost
   * one look.
   */
  wake(): void {
    if (!this.stopped && !this.busy) this.setAlarm(0);
  }

  /** What the alarm does: `flush`, but after a pause of the program only once everything that waits has come in. */
  turn(): void {
    if (this.stopped || this.busy) return;
    const nowUs = this.clock.nowUs();
    this.stall.look(nowUs);
    if (!this.stall.endsWithTurn(nowUs)) {
      this.batchUs = nowUs;
      this.setAlarm(0);
    } else this.flush();
  }

  /** Deliver events and send what is due now, without waiting for the event loop. Not for use inside `onEvent`. */
  flush(): void {
    if (this.stopped || this.busy) return;
    this.busy = true;
    const { receivedInBatch, receivedBytes } = this;
    this.receivedInBatch = this.receivedBytes = 0;
    try {
      if (receivedInBatch > 0) this.hooks.afterReceive?.(receivedInBatch, receivedBytes);
      this.deliverEvents();
      if (!this.stopped) this.send();
      if (!this.stopped && !this.closing) this.deliverEvents();
    } finally {
      this.busy = false;
    }
    if (this.closing) this.end();
    if (!this.stopped) this.sleep();
  }

  /**
   * Go on with another port, as after a change of network: what arrives at the old one no longer counts. Closing
   * the old one is up to the caller.
   */
  usePort(port: DatagramPort): void {
    if (this.stopped) return;
    detach(this.port);
    this.port = port;
    this.attach(port);
    if (!this.isReferenced) port.unref?.();
    this.wake();
  }

  /** Send what is due now, a CONNECTION_CLOSE say, then stop for good and close the port. For use anywhere. */
  close(): void {
    if (this.stopped || this.closing) return;
    this.closing = true;
    // Inside `onEvent` the flush that called it goes on to send, and ends the loop afterwards.
    if (!this.busy) this.flush();
  }

  /** Stop for good, at once: no further calls, events or datagrams. The port stays open. */
  stop(): void {
    this.stopped = true;
    this.alarm.cancel();
    detach(this.port);
  }

  /** The loop keeps the program running, as it does at first. */
  ref(): void {
    this.isReferenced = true;
    this.port.ref?.();
    this.alarm.ref?.();
  }

  /** The program may end while the loop still waits, where port and clock can be left like that. */
  unref(): void {
    this.isReferenced = false;
    this.port.unref?.();
    this.alarm.unref?.();
  }

  private attach(port: DatagramPort): void {
    port.onDatagram = (bytes, from, ecn, to = port.local, interfaceIndex = 0) =>
      this.receive(bytes, from, ecn, to, interfaceIndex);
    port.onUnreachable = (to) => {
      if (this.stopped) return;
      this.context.notifyUnreachable(to, this.clock.nowUs());
      this.wake();
    };
    port.onWritable = () => this.wake();
  }

  private end(): void {
    this.stop();
    this.port.close();
  }

  private receive(bytes: Uint8Array, from: Address, ecn: number, to: Address, interfaceIndex: number): void {
    // The whole batch was there when the first was read: one time fits all, and costs one look at the clock.
    if (this.receivedInBatch === 0) {
      this.batchUs = this.clock.nowUs();
      this.stall.look(this.batchUs);
      this.setAlarm(0);
    }
    this.receivedBytes += bytes.length;
    this.context.incomingPacket(bytes, from, to, interfaceIndex, ecn, this.batchUs);
    this.stall.onDatagram();
    if (++this.receivedInBatch >= this.receiveBatch && !this.stall.isOn) this.flush();
  }

  private send(): void {
    const { context, port, outgoing } = this;
    const nowUs = this.clock.nowUs();
    let datagrams = 0;
    let bytes = 0;
    while (datagrams < this.sendBatch && this.canSend()) {
      const length = context.prepareNextPacket(outgoing, nowUs);
      if (length === 0) break;
      const { buffer, segmentSize, to, ecn, from, interfaceIndex } = outgoing;
      for (let start = 0; start < length; start += segmentSize) {
        port.send(buffer, start, Math.min(start + segmentSize, length), to, ecn, from, interfaceIndex);
        datagrams++;
      }
      bytes += length;
    }
    this.hooks.afterSend?.(datagrams, bytes);
  }

  /** What a port still holds when the loop ends leaves as the port closes: goodbyes do not wait. */
  private canSend(): boolean {
    return this.closing || this.port.isWritable !== false;
  }

  private sleep(): void {
    const nowUs = this.clock.nowUs();
    // A full port calls when it has room; the context may be due all the while.
    const delayUs = this.canSend() ? this.context.nextWakeDelay(nowUs, MAX_SLEEP_US) : MAX_SLEEP_US;
    this.setAlarm(this.hooks.limitSleep?.(nowUs, delayUs) ?? delayUs);
  }

  private setAlarm(delayUs: number): void {
    this.stall.onAlarmSet(this.clock.nowUs() + delayUs);
    this.alarm.set(delayUs);
  }

  private deliverEvents(): void {
    if (this.closing) return;
    for (let count = 0; count < EVENT_BATCH; count++) {
      const event = this.context.nextEvent();
      if (event === undefined) return;
      try {
        this.onEvent(event);
      } catch (error) {
        this.onError(error, event);
      }
      if (this.stopped || this.closing) return;
    }
    // A handler that makes an event with every event must not keep datagrams out.
    this.setAlarm(0);
  }
}

function detach(port: DatagramPort): void {
  port.onDatagram = () => {};
  port.onUnreachable = () => {};
  port.onWritable = () => {};
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/**
 * Room for the largest datagram there is, or a train of smaller ones. One serves all loops: a port is done with it when
 * `send` returns, and a client may have a loop for each connection.
 */
const OUTPUT = new Uint8Array(65_536);
const RECEIVE_BATCH = 64;
const SEND_BATCH = 64;
const EVENT_BATCH = 1024;
/** Bounds the damage of a timer that a sleeping machine or a runtime lost. */
const MAX_SLEEP_US = 60_000_000;

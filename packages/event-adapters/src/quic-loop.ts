import {
  createOutgoingDatagram,
  type Address,
  type OutgoingDatagram,
  type QuicEvent,
} from '@tsquic/quic-core';
import type { QuicHostContext } from '@tsquic/quic-core';
import type { Alarm, Clock } from './clock.ts';
import type { DatagramPort } from './datagram-port.ts';
import { sendApart } from './send-apart.ts';
import { Stall } from './stall.ts';
import { throwLater } from './throw-later.ts';

/** The parts of a `QuicLoop`. */
export interface QuicLoopOptions {
  readonly context: QuicHostContext;
  /** The loop takes over its `onDatagram` and `onUnreachable`. */
  readonly port: DatagramPort;
  readonly clock: Clock;

  /**
   * Is called with every event, in order. It may call connections and streams; what they then have to send is
   * sent.
   */
  readonly onEvent: (event: QuicEvent) => void;

  /**
   * Is called with what `onEvent` throws. The loop continues with the next event in any case. Without it, the
   * error is thrown again from a microtask, where the runtime reports it as uncaught.
   */
  readonly onError?: (error: unknown, event: QuicEvent) => void;

  /** Most datagrams that are read before a flush, which 256 KiB cause as well. Default 64. */
  readonly receiveBatch?: number;
  /** Approximate number of datagrams that are sent before the event loop runs again. Default 64. */
  readonly sendBatch?: number;
  /** Called around the work, for programs that observe or steer the loop. They must not throw. */
  readonly hooks?: LoopHooks;
}

/** Moments of a `QuicLoop`. */
export interface LoopHooks {
  /** A batch of datagrams was given to the context; its events come next. */
  readonly afterReceive?: (datagrams: number, bytes: number) => void;
  /** What was due, or a batch of it, was sent; it may be nothing. */
  readonly afterSend?: (datagrams: number, bytes: number) => void;
  /** The loop is about to sleep for `delayUs`: return that or less. */
  readonly limitSleep?: (nowUs: number, delayUs: number) => number;
}

/**
 * Drives a context with a socket and a clock: passes datagrams and time to it, and its events and datagrams
 * on. It has no protocol state.
 *
 * Work is done in bounded batches, so that receiving, sending and the rest of the program share the event
 * loop. The loop runs until `stop`, also when a handler throws or a connection fails.
 *
 * After a program was blocked, datagrams wait in its socket and timers are overdue. All waiting datagrams are
 * read first, however few the runtime reads in one turn, so that no connection times out while its peer's
 * datagrams wait.
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

  /** The loop's time, for calls of a context that take it. */
  nowUs(): number {
    return this.clock.nowUs();
  }

  /**
   * Serve the context soon. Call it after using a connection or a stream outside `onEvent`; many calls cause
   * one flush.
   */
  wake(): void {
    if (!this.stopped && !this.busy) this.setAlarm(0);
  }

  /**
   * The task of the alarm: `flush`, but after a pause of the program only once all waiting datagrams have
   * been read.
   */
  turn(): void {
    if (this.stopped || this.busy) return;
    const nowUs = this.clock.nowUs();
    this.stall.look(nowUs);
    if (!this.stall.endsWithTurn(nowUs)) {
      this.batchUs = nowUs;
      this.setAlarm(0);
    } else this.flush();
  }

  /**
   * Deliver events and send what is due now, without waiting for the event loop. Must not be called inside
   * `onEvent`.
   */
  flush(): void {
    if (this.stopped || this.busy) return;
    this.busy = true;
    const { receivedInBatch, receivedBytes } = this;
    this.receivedInBatch = this.receivedBytes = 0;
    try {
      if (receivedInBatch > 0) this.hooks.afterReceive?.(receivedInBatch, receivedBytes);
      // The program may speak from promises that resolve now: what it says leaves with the end of the handshake.
      if (this.deliverEvents()) return;
      if (!this.stopped) this.send();
      if (!this.stopped && !this.closing) this.deliverEvents();
    } finally {
      // Also where something of the program's throws: other connections go on.
      this.busy = false;
      if (this.closing) this.end();
      if (!this.stopped) this.sleep();
    }
  }

  /**
   * Continue with another port, like after a change of network: datagrams that arrive at the old one are
   * ignored. The caller closes the old one.
   */
  usePort(port: DatagramPort): void {
    if (this.stopped) return;
    detach(this.port);
    this.port = port;
    this.attach(port);
    if (!this.isReferenced) port.unref?.();
    this.wake();
  }

  /** Send what is due now, such as CONNECTION_CLOSE, then stop and close the port. May be called anywhere. */
  close(): void {
    if (this.stopped || this.closing) return;
    this.closing = true;
    // Inside `onEvent`, the flush in progress still sends, and ends the loop afterwards.
    if (!this.busy) this.flush();
  }

  /** Stop at once: there are no further calls, events or datagrams. The port stays open. */
  stop(): void {
    this.stopped = true;
    this.alarm.cancel();
    detach(this.port);
  }

  /** Keep the program running while the loop runs, which is the default. */
  ref(): void {
    this.isReferenced = true;
    this.port.ref?.();
    this.alarm.ref?.();
  }

  /** Let the program end while the loop waits, if port and clock support that. */
  unref(): void {
    this.isReferenced = false;
    this.port.unref?.();
    this.alarm.unref?.();
  }

  private attach(port: DatagramPort): void {
    port.onDatagram = (bytes, from, ecn, to = port.local, interfaceIndex = 0) =>
      this.receive(bytes, from, ecn, to, interfaceIndex);
    port.onUnreachable = (to, from) => {
      if (this.stopped) return;
      this.context.notifyUnreachable(to, this.clock.nowUs(), from);
      this.wake();
    };
    port.onWritable = () => this.wake();
  }

  private end(): void {
    this.stop();
    this.port.close();
  }

  private receive(bytes: Uint8Array, from: Address, ecn: number, to: Address, interfaceIndex: number): void {
    // All datagrams of the batch were there when the first was read, so one look at the clock serves all.
    if (this.receivedInBatch === 0) {
      this.batchUs = this.clock.nowUs();
      this.stall.look(this.batchUs);
      this.setAlarm(0);
    }
    this.receivedBytes += bytes.length;
    this.context.incomingPacket(bytes, from, to, interfaceIndex, ecn, this.batchUs);
    this.stall.onDatagram();
    const isFull = ++this.receivedInBatch >= this.receiveBatch || this.receivedBytes >= RECEIVE_BYTES;
    if (isFull && !this.stall.isOn) this.flush();
  }

  private send(): void {
    const { context, port, outgoing } = this;
    const nowUs = this.clock.nowUs();
    let datagrams = 0;
    let bytes = 0;
    while (datagrams < this.sendBatch && this.canSend()) {
      const length = context.prepareNextPacket(outgoing, nowUs);
      if (length === 0) break;
      sendTrain(port, outgoing, length);
      datagrams += Math.ceil(length / outgoing.segmentSize);
      bytes += length;
    }
    this.hooks.afterSend?.(datagrams, bytes);
  }

  /**
   * When the loop ends, datagrams that the port still holds leave as it closes, so CONNECTION_CLOSE need not
   * wait.
   */
  private canSend(): boolean {
    return this.closing || this.port.isWritable !== false;
  }

  private sleep(): void {
    const nowUs = this.clock.nowUs();
    // A full port calls back when it has room; until then the context may be due without effect.
    const delayUs = this.canSend() ? this.context.nextWakeDelay(nowUs, MAX_SLEEP_US) : MAX_SLEEP_US;
    this.setAlarm(this.hooks.limitSleep?.(nowUs, delayUs) ?? delayUs);
  }

  private setAlarm(delayUs: number): void {
    this.stall.onAlarmSet(this.clock.nowUs() + delayUs);
    this.alarm.set(delayUs);
  }

  /** Returns whether the program heard that a handshake is complete. */
  private deliverEvents(): boolean {
    let hasConnected = false;
    if (this.closing) return false;
    for (let count = 0; count < EVENT_BATCH; count++) {
      const event = this.context.nextEvent();
      if (event === undefined) return hasConnected;
      hasConnected ||= event.type === 'connected';
      try {
        this.onEvent(event);
      } catch (error) {
        this.onError(error, event);
      }
      if (this.stopped || this.closing) return false;
    }
    // A handler that causes an event at every event must not keep datagrams from being read.
    this.setAlarm(0);
    return false;
  }
}

function sendTrain(port: DatagramPort, outgoing: OutgoingDatagram, length: number): void {
  const { buffer, segmentSize, to, ecn, from, interfaceIndex } = outgoing;
  if (port.sendTrain !== undefined && length > segmentSize)
    return port.sendTrain(buffer, 0, length, segmentSize, to, ecn, from, interfaceIndex);
  sendApart(port, buffer, 0, length, segmentSize, to, ecn, from, interfaceIndex);
}

function detach(port: DatagramPort): void {
  port.onDatagram = () => {};
  port.onUnreachable = () => {};
  port.onWritable = () => {};
}

/**
 * Room for the largest datagram, or a train of smaller ones. All loops share it, because a port has read it
 * when `send` returns, and a client may have a loop for each connection.
 */
const OUTPUT = new Uint8Array(65_536);
const RECEIVE_BATCH = 64;
/** Large datagrams are read by the program while the caches of the processor hold them. */
const RECEIVE_BYTES = 256 * 1024;
const SEND_BATCH = 64;
const EVENT_BATCH = 1024;
/** Bounds the delay when a suspended machine or a runtime has lost a timer. */
const MAX_SLEEP_US = 60_000_000;

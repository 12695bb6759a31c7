import type { Address, QuicEvent, QuicHostContext } from '@tsquic/quic-core';
import type { Alarm, Clock } from './clock.ts';
import type { DatagramPort } from './datagram-port.ts';
import { nodeClock } from './node-clock.ts';
import { openNodePort } from './node-port.ts';
import { QuicLoop } from './quic-loop.ts';

/** Events of a packet loop. */
export type PacketLoopEvent =
  | { readonly type: 'ready'; readonly local: Address }
  /** The socket was replaced, or has another port. */
  | { readonly type: 'port-update'; readonly local: Address }
  | { readonly type: 'after-receive'; readonly datagrams: number; readonly bytes: number }
  | { readonly type: 'after-send'; readonly datagrams: number; readonly bytes: number }
  /** `wakeUp` was called; any number of calls make one event. Every call of the context is allowed. */
  | { readonly type: 'wake-up' };

/** Options of `startPacketLoop`. */
export interface PacketLoopOptions {
  readonly context: QuicHostContext;
  /** Opens the socket, at the start and for each `rebind`. Default: `openNodePort` on any address. */
  readonly openPort?: () => Promise<DatagramPort>;
  /** Default: `nodeClock`. */
  readonly clock?: Clock;
  /** Is called with every event of the context, in order. */
  readonly onEvent: (event: QuicEvent) => void;
  /** Is called with the events of the loop. Returning 'stop' ends the loop. */
  readonly onLoopEvent?: (event: PacketLoopEvent) => 'stop' | void;
  /**
   * Is called before the loop sleeps; returns how long it may sleep at most, microseconds. More than
   * `delayUs` has no effect.
   */
  readonly onTimeCheck?: (nowUs: number, delayUs: number) => number;
  /** Is called with what these callbacks throw; see `QuicLoopOptions.onError`. */
  readonly onError?: (error: unknown) => void;
  /** See `QuicLoopOptions`. Default 64. */
  readonly receiveBatch?: number;
  /** See `QuicLoopOptions`. Default 64. */
  readonly sendBatch?: number;
}

/** Open a socket, and drive a context with it until `stop`. Rejects when no socket can be opened. */
export async function startPacketLoop(options: PacketLoopOptions): Promise<PacketLoop> {
  const openPort = options.openPort ?? openNodePort;
  return new PacketLoop(options, openPort, await openPort());
}

/** A `QuicLoop` with a socket of its own, which reports events. Made by `startPacketLoop`. */
export class PacketLoop {
  /** Resolves once the loop has ended. */
  readonly ended: Promise<void>;
  private readonly options: PacketLoopOptions;
  private readonly openPort: () => Promise<DatagramPort>;
  private readonly clock: Clock;
  private readonly loop: QuicLoop;
  private port: DatagramPort;
  private readonly wakeAlarm: Alarm;
  private woken = false;
  private stopped = false;
  private onEnded: () => void = () => {};

  constructor(options: PacketLoopOptions, openPort: () => Promise<DatagramPort>, port: DatagramPort) {
    this.options = options;
    this.openPort = openPort;
    this.clock = options.clock ?? nodeClock;
    this.wakeAlarm = this.clock.createAlarm(() => this.onWoken());
    this.port = port;
    this.ended = new Promise((resolve) => (this.onEnded = resolve));
    const { context, onEvent, onError, receiveBatch = 64, sendBatch = 64 } = options;
    this.loop = new QuicLoop({
      context,
      port,
      clock: this.clock,
      onEvent,
      ...(onError === undefined ? {} : { onError }),
      receiveBatch,
      sendBatch,
      hooks: {
        afterReceive: (datagrams, bytes) => this.tell({ type: 'after-receive', datagrams, bytes }),
        afterSend: (datagrams, bytes) => this.tell({ type: 'after-send', datagrams, bytes }),
        limitSleep: (nowUs, delayUs) => this.limitSleep(nowUs, delayUs),
      },
    });
    this.tell({ type: 'ready', local: port.local });
    this.tell({ type: 'port-update', local: port.local });
    this.loop.wake();
  }

  /** The address that the socket is bound to. */
  get local(): Address {
    return this.port.local;
  }

  /** The loop's time, for calls of a context that take it. */
  nowUs(): number {
    return this.clock.nowUs();
  }

  /** Raise a `wake-up` event inside the loop soon, and send what its handler causes. */
  wakeUp(): void {
    if (this.stopped || this.woken) return;
    this.woken = true;
    this.wakeAlarm.set(0);
  }

  /**
   * Continue with a new socket, like after a change of network. Rejects, and keeps the old one, when none can
   * be opened.
   */
  async rebind(): Promise<void> {
    const next = await this.openPort();
    if (this.stopped) return next.close();
    const old = this.port;
    this.port = next;
    this.loop.usePort(next);
    old.close();
    this.tell({ type: 'port-update', local: next.local });
  }

  /** Send what is due now, such as CONNECTION_CLOSE, close the socket and end. May be called anywhere. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.loop.close();
    this.onEnded();
  }

  private onWoken(): void {
    this.woken = false;
    if (this.stopped) return;
    this.tell({ type: 'wake-up' });
    this.loop.turn();
  }

  private limitSleep(nowUs: number, delayUs: number): number {
    const { onTimeCheck } = this.options;
    if (onTimeCheck === undefined) return delayUs;
    const limitUs = this.guard(() => onTimeCheck(nowUs, delayUs)) ?? delayUs;
    return Math.max(0, Math.min(limitUs, delayUs));
  }

  private tell(event: PacketLoopEvent): void {
    if (this.guard(() => this.options.onLoopEvent?.(event)) === 'stop') this.stop();
  }

  /** A callback that throws does not end the loop, which serves other connections too. */
  private guard<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      const { onError } = this.options;
      if (onError !== undefined) onError(error);
      else
        queueMicrotask(() => {
          throw error;
        });
      return undefined;
    }
  }
}

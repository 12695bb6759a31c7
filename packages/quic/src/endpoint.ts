import {
  type Alarm,
  type Clock,
  type ConnectionHandlers,
  type DatagramPort,
  EventDispatcher,
  PortSet,
  QuicLoop,
  type StreamHandlers,
} from '@tsquic/event-adapters';
import {
  type Address,
  type ClientLimitOptions,
  type ConnectionOptions,
  type QuicConnection as ConnectionHandle,
  type QuicContextOptions,
  type QuicHostContext,
  type QuicStream as StreamHandle,
  type SealingKeys,
  sameAddress,
  type Tracer,
} from '@tsquic/quic-core';
import { reportFault } from './program-fault.ts';
import { QuicError } from './errors.ts';
import { use } from './usage.ts';

/** The parts of an endpoint. */
export interface EndpointParts {
  readonly context: QuicHostContext;
  readonly socket: DatagramPort;
  readonly clock: Clock;
  /** What watches the context, where the program has named it. */
  readonly tracer?: Tracer | undefined;
  /** Whether connections of a client share the socket, which then stays open when one of them has moved. */
  readonly isShared?: boolean;
  /**
   * A client's handshake has begun. Returns the handlers of its connection. Default: the client is refused.
   */
  readonly onAccepted?: (handle: ConnectionHandle) => ConnectionHandlers;
}

/** One context on one socket; passes each event to its connection's handlers. */
export class Endpoint {
  /** The address that the first socket is bound to. */
  readonly local: Address;
  private readonly context: QuicHostContext;
  private readonly loop: QuicLoop;
  private readonly clock: Clock;
  private readonly dispatcher: EventDispatcher;
  private closing = false;
  private readonly socket: DatagramPort;
  /** Whether the socket stays when a connection has left it. */
  readonly isShared: boolean;
  readonly tracer: Tracer | undefined;
  /** Undefined while there is only one socket. */
  private sockets: PortSet | undefined = undefined;

  constructor(parts: EndpointParts) {
    const { context, socket, clock, tracer, onAccepted, isShared = false } = parts;
    this.tracer = tracer;
    this.isShared = isShared;
    this.local = socket.local;
    this.socket = socket;
    this.context = context;
    this.clock = clock;
    this.dispatcher = new EventDispatcher(context, {
      onConnection: (handle) => (handle.isClient ? undefined : onAccepted?.(handle)),
      onError: (error) => reportFault('an event handler', error),
    });
    this.loop = new QuicLoop({ context, port: socket, clock, onEvent: this.dispatcher.dispatch });
    this.loop.wake();
  }

  createConnection(options: ConnectionOptions): ConnectionHandle {
    return use(() => this.context.createConnection(options, this.loop.nowUs()));
  }

  /** Set the handlers of this connection's events, with its end. */
  follow(handle: ConnectionHandle, handlers: ConnectionHandlers): void {
    this.dispatcher.follow(handle, handlers);
    this.loop.wake();
  }

  /** Set the handlers of this stream's events. Does nothing once its connection has ended. */
  followStream(handle: StreamHandle, handlers: StreamHandlers): void {
    this.dispatcher.followStream(handle, handlers);
  }

  /** The handlers of a connection's streams, by stream ID. */
  streamsOf(handle: ConnectionHandle): ReadonlyMap<number, StreamHandlers> {
    return this.dispatcher.streamsOf(handle);
  }

  wake(): void {
    this.loop.wake();
  }

  /** The time of the context's clock, microseconds. */
  nowUs(): number {
    return this.loop.nowUs();
  }

  /** What its sockets are opened through: 'dgram', 'ffi', or 'other' for one of the program's own. */
  get udp(): string {
    return (this.sockets ?? this.socket).kind ?? 'other';
  }

  /** Add another socket, which the endpoint then owns. */
  addSocket(socket: DatagramPort): void {
    if (this.sockets !== undefined) return this.sockets.add({ port: socket });
    this.sockets = new PortSet([{ port: socket }]);
    this.loop.usePort(this.sockets);
    this.sockets.add({ port: this.socket });
  }

  /** Close the socket that is bound here, unless it is the only one, or others are on it. */
  removeSocket(local: Address): void {
    if (this.isShared && sameAddress(local, this.socket.local)) return;
    this.sockets?.remove(local);
  }

  /** Run a task in a later turn of the event loop. */
  soon(task: () => void, delayUs = 0): void {
    this.clock.createAlarm(task).set(delayUs);
  }

  /** Make an alarm of the clock, which does not keep the program running by itself. */
  createAlarm(task: () => void): Alarm {
    const alarm = this.clock.createAlarm(task);
    alarm.unref?.();
    return alarm;
  }

  /**
   * How many more clients are accepted; each lowers it by one. The others get CONNECTION_REFUSED. RFC 9000
   * §5.2.2
   */
  get clientAllowance(): number {
    return this.context.clientAllowance ?? 0;
  }

  set clientAllowance(count: number) {
    this.context.clientAllowance = count;
  }

  /**
   * Call a function that a context of the program's own may lack, which throws `ERR_QUIC_INVALID_OPTION`
   * then.
   */
  setIdentity(identity: NonNullable<QuicContextOptions['identity']>): void {
    use(() => able(this.context.setIdentity).call(this.context, identity));
  }

  rotateKeys(keys: SealingKeys): void {
    use(() => able(this.context.rotateKeys).call(this.context, keys));
  }

  setLimits(limits: ClientLimitOptions): void {
    use(() => able(this.context.setLimits).call(this.context, limits));
  }

  renewConnectionIds(): void {
    able(this.context.renewConnectionIds).call(this.context);
    this.loop.wake();
  }

  /** Whether socket and timer keep the program running. */
  keepAlive(isKept: boolean): void {
    if (isKept) this.loop.ref();
    else this.loop.unref();
  }

  /**
   * Close every connection, send CONNECTION_CLOSE, and close the socket. Connections are still told of their
   * end.
   */
  async close(code = 0, reason = ''): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    // A microtask never runs inside the loop's own work.
    await Promise.resolve();
    this.context.close(code, reason);
    // One flush sends one batch, which may not be enough for all CONNECTION_CLOSE packets.
    for (let round = 0; round < MAX_ROUNDS && this.isDue(); round++) this.loop.flush();
    this.loop.close();
  }

  private isDue(): boolean {
    return this.context.nextWakeDelay(this.loop.nowUs(), 1) === 0;
  }
}

function able<T>(call: T | undefined): T {
  if (call !== undefined) return call;
  throw new QuicError('ERR_QUIC_INVALID_OPTION', 'the context of this listener has no such call');
}

/** Enough rounds of 64 CONNECTION_CLOSE packets each. */
const MAX_ROUNDS = 2048;

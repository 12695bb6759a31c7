import { type Clock, type DatagramPort, QuicLoop } from '@tsquic/event-adapters';
import type {
  Address,
  ConnectionOptions,
  QuicConnection as ConnectionHandle,
  QuicEvent,
  QuicHostContext,
} from '@tsquic/quic-core';
import { use } from './usage.ts';

/** What an endpoint joins. */
export interface EndpointParts {
  readonly context: QuicHostContext;
  readonly socket: DatagramPort;
  readonly clock: Clock;
  /** A client has come; its handshake has only begun. */
  readonly onAccepted?: (handle: ConnectionHandle) => void;
}

/** One context on one socket, and the way of each event to the connection it is about. */
export class Endpoint {
  readonly local: Address;
  private readonly context: QuicHostContext;
  private readonly loop: QuicLoop;
  private readonly clock: Clock;
  private readonly onAccepted: (handle: ConnectionHandle) => void;
  private readonly members = new Map<number, (event: QuicEvent) => void>();
  private closing = false;

  constructor(parts: EndpointParts) {
    const { context, socket, clock, onAccepted = ignore } = parts;
    this.local = socket.local;
    this.context = context;
    this.clock = clock;
    this.onAccepted = onAccepted;
    this.loop = new QuicLoop({ context, port: socket, clock, onEvent: (event) => this.onEvent(event) });
    this.loop.wake();
  }

  createConnection(options: ConnectionOptions): ConnectionHandle {
    return use(() => this.context.createConnection(options, this.loop.nowUs()));
  }

  /** From now on this connection's events go there, the end included. */
  join(handle: ConnectionHandle, onEvent: (event: QuicEvent) => void): void {
    this.members.set(handle.id, onEvent);
    this.loop.wake();
  }

  wake(): void {
    this.loop.wake();
  }

  /** Run a task in another turn of the event loop, or later. */
  soon(task: () => void, delayUs = 0): void {
    this.clock.createAlarm(task).set(delayUs);
  }

  /** How many more clients may come in; each takes one. The others hear CONNECTION_REFUSED. RFC 9000 §5.2.2 */
  get clientAllowance(): number {
    return this.context.clientAllowance ?? 0;
  }

  set clientAllowance(count: number) {
    this.context.clientAllowance = count;
  }

  /** Whether socket and timer keep the program running. */
  keepAlive(isKept: boolean): void {
    if (isKept) this.loop.ref();
    else this.loop.unref();
  }

  /** End every connection, tell the peers, and give back the socket. Connections still hear of their end. */
  async close(code = 0, reason = ''): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    // A microtask is never inside the loop's own work.
    await Promise.resolve();
    this.context.close(code, reason);
    // One flush sends a batch: many connections have more goodbyes than that.
    for (let round = 0; round < MAX_ROUNDS && this.isDue(); round++) this.loop.flush();
    this.loop.close();
  }

  private isDue(): boolean {
    return this.context.nextWakeDelay(this.loop.nowUs(), 1) === 0;
  }

  private onEvent(event: QuicEvent): void {
    if (event.type === 'accepted') {
      const handle = this.context.connection(event.connection);
      if (handle !== undefined) this.onAccepted(handle);
      return;
    }
    const member = this.members.get(event.connection);
    if (event.type === 'closed') this.members.delete(event.connection);
    member?.(event);
  }
}

function ignore(): void {}

/** Goodbyes go out 64 a round. */
const MAX_ROUNDS = 2048;

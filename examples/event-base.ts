// A small event base in libevent's style, as a program might own one already: read, write and timer events, and a
// dispatch loop. Its sockets are node:dgram underneath, made to look non-blocking: datagrams wait until asked for.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type {
  EventBase,
  ReactorEvent,
  ReactorSocket,
  ReceivedDatagram,
} from '@tsquic/event-adapters/reactor';
import type { Address } from '@tsquic/quic-core';

/** Bind a socket to a numeric address; port 0 lets the system choose. */
export async function openEventSocket(ip: string, port = 0): Promise<EventSocket> {
  const family = ip.includes(':') ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    lookup: (host, _options, done) => done(null, host, family),
  });
  const listening = once(socket, 'listening');
  socket.bind(port, ip);
  await listening;
  return new EventSocket(socket);
}

/** A socket that never blocks: `receive` may have nothing, `send` may refuse. */
export class EventSocket implements ReactorSocket {
  readonly local: Address;
  onActive: () => void = () => {};
  private readonly socket: Socket;
  private readonly arrived: ReceivedDatagram[] = [];
  private readonly remotes = new Map<string, Address>();
  private unsent = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.local = { ip: socket.address().address, port: socket.address().port };
    socket.on('error', () => {});
    socket.on('message', (bytes, { address: ip, port }) => {
      const key = `${ip} ${port}`;
      const from = this.remotes.get(key) ?? { ip, port };
      this.remotes.set(key, from);
      this.arrived.push({ bytes, from, ecn: 0 });
      this.onActive();
    });
  }

  get readable(): boolean {
    return this.arrived.length > 0;
  }

  get writable(): boolean {
    return this.unsent < MAX_UNSENT;
  }

  receive(): ReceivedDatagram | undefined {
    return this.arrived.shift();
  }

  send(bytes: Uint8Array, start: number, end: number, to: Address): boolean {
    if (!this.writable) return false;
    this.unsent++;
    try {
      this.socket.send(bytes.slice(start, end), to.port, to.ip, () => {
        this.unsent--;
        this.onActive();
      });
    } catch {
      this.unsent--;
    }
    return true;
  }

  close(): void {
    this.arrived.length = 0;
    this.socket.close();
  }
}

/** Events and the loop that dispatches them, until `stop`. */
export class NodeEventBase implements EventBase<EventSocket> {
  private readonly events = new Set<BaseEvent>();
  private wake: () => void = () => {};
  private stopped = false;

  nowUs(): number {
    return Math.floor(performance.now() * 1000);
  }

  createReadEvent(socket: EventSocket, callback: () => void): ReactorEvent {
    socket.onActive = () => this.wake();
    return new BaseEvent(this.events, () => socket.readable, callback, true);
  }

  createWriteEvent(socket: EventSocket, callback: () => void): ReactorEvent {
    return new BaseEvent(this.events, () => socket.writable, callback, false);
  }

  createTimerEvent(callback: () => void): ReactorEvent {
    const event = new BaseEvent(
      this.events,
      () => event.dueUs <= this.nowUs(),
      callback,
      false,
      () => {
        this.wake();
        return this.nowUs();
      },
    );
    return event;
  }

  /** Run what is active, wait for the next thing to become so, and again. */
  async dispatch(): Promise<void> {
    while (!this.stopped) {
      // Sockets come before timers: what has arrived is older than what is due.
      const events = [...this.events];
      for (const event of events) if (event.dueUs === Infinity) event.runIfActive();
      for (const event of events) if (event.dueUs < Infinity) event.runIfActive();
      await this.wait();
    }
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private wait(): Promise<void> {
    const isActive = [...this.events].some((event) => event.isActive());
    const dueUs = Math.min(...[...this.events].map((event) => event.dueUs));
    return new Promise((resolve) => {
      // The runtime reads its sockets before it runs immediates: even a busy loop lets it look, and after every sleep
      // what has arrived is there before timers are.
      const look = (): void => void setImmediate(resolve);
      if (isActive || this.stopped) return look();
      const timer = setTimeout(look, Math.min((dueUs - this.nowUs()) / 1000, 60_000));
      this.wake = () => {
        clearTimeout(timer);
        look();
      };
    });
  }
}

class BaseEvent implements ReactorEvent {
  dueUs = Infinity;
  readonly isActive: () => boolean;
  private readonly pending: Set<BaseEvent>;
  private readonly callback: () => void;
  private readonly persists: boolean;
  private readonly onAdded: () => number;

  constructor(
    pending: Set<BaseEvent>,
    isActive: () => boolean,
    callback: () => void,
    persists: boolean,
    onAdded: () => number = () => 0,
  ) {
    this.pending = pending;
    this.isActive = isActive;
    this.callback = callback;
    this.persists = persists;
    this.onAdded = onAdded;
  }

  add(delayUs = Infinity): void {
    this.pending.add(this);
    this.dueUs = this.onAdded() + delayUs;
  }

  remove(): void {
    this.pending.delete(this);
  }

  runIfActive(): void {
    if (!this.pending.has(this) || !this.isActive()) return;
    if (!this.persists) this.remove();
    this.callback();
  }
}

const MAX_UNSENT = 64;

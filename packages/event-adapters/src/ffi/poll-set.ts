import type { OnReady } from './native-system.ts';
import { type Readiness, Ready } from './readiness.ts';

/** Calls of epoll (Linux). A negative result is an error; pointers are addresses. */
export interface EpollCalls {
  epoll_create1(flags: number): number;
  epoll_ctl(set: number, operation: number, fd: number, event: bigint): number;
  epoll_wait(set: number, events: bigint, count: number, timeoutMs: number): number;
}

/** What a `PollSet` needs of the program. */
export interface PollSystem {
  readonly calls: EpollCalls;
  /** Whether an `epoll_event` has no gap: on x86-64. */
  readonly isPacked: boolean;
  /** The address of the first byte. Whoever uses it keeps the bytes. */
  addressOf(bytes: Uint8Array): bigint;
}

/** Sockets that are watched, and how many of them keep the program running. */
export class PollSet {
  /** Can itself be watched: it can be read while one of the sockets is ready. */
  readonly fd: number;
  /** Is called when sockets come or go, or change whether they keep the program running. */
  onChange: () => void = () => {};
  private readonly system: PollSystem;
  private readonly open: Map<number, PolledSocket> = new Map();
  private references = 0;
  private lastId = 0;
  private readonly dataAt: number;
  private readonly eventBytes: number;
  private readonly event: DataView;
  private readonly events: DataView;
  private readonly eventAddress: bigint;
  private readonly eventsAddress: bigint;

  /** Throws where the system refuses. */
  constructor(system: PollSystem) {
    this.system = system;
    this.dataAt = system.isPacked ? 4 : 8;
    this.eventBytes = this.dataAt + 8;
    const [one, many] = [new ArrayBuffer(this.eventBytes), new ArrayBuffer(this.eventBytes * MAX_EVENTS)];
    this.event = new DataView(one);
    this.events = new DataView(many);
    this.eventAddress = system.addressOf(new Uint8Array(one));
    this.eventsAddress = system.addressOf(new Uint8Array(many));
    this.fd = system.calls.epoll_create1(EPOLL_CLOEXEC);
    if (this.fd < 0) throw new Error('no epoll');
  }

  get size(): number {
    return this.open.size;
  }

  /** Whether one of the sockets keeps the program running. */
  get isReferenced(): boolean {
    return this.references > 0;
  }

  /** See `NativeSystem.watch`. */
  watch(fd: number, onReady: OnReady): Readiness {
    const id = ++this.lastId;
    const socket = new PolledSocket(this, id, fd, onReady);
    this.open.set(id, socket);
    this.refer(1);
    return socket;
  }

  /** Tell sockets what they are ready for, without waiting; returns whether there was one. */
  dispatch(): boolean {
    const { events, system } = this;
    const count = system.calls.epoll_wait(this.fd, this.eventsAddress, MAX_EVENTS, 0);
    // A handler may close sockets, and open others that get their numbers: nothing of the memory is read after the first one ran.
    const ready = Array.from({ length: Math.max(count, 0) }, (_, i) => {
      const at = i * this.eventBytes;
      return { id: events.getUint32(at + this.dataAt, true), bits: events.getUint32(at, true) };
    });
    for (const { id, bits } of ready) this.open.get(id)?.tell(bits);
    return ready.length > 0;
  }

  /** Let the system watch for `bits`, or for nothing (0). `isKnown` tells whether it watches already. */
  set(id: number, fd: number, bits: number, isKnown: boolean): void {
    const { event, system } = this;
    event.setUint32(0, bits, true);
    event.setUint32(this.dataAt, id, true);
    const operation = bits === 0 ? EPOLL_CTL_DEL : isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (bits !== 0 || isKnown) system.calls.epoll_ctl(this.fd, operation, fd, this.eventAddress);
  }

  /** Count sockets that keep the program running. */
  refer(change: 1 | -1): void {
    this.references += change;
    this.onChange();
  }

  /** Forget a socket, which keeps nothing running. */
  delete(id: number): void {
    this.open.delete(id);
    this.onChange();
  }
}

class PolledSocket implements Readiness {
  private isReferenced = true;
  private readonly set: PollSet;
  private readonly id: number;
  private readonly fd: number;
  private readonly onReady: OnReady;
  /** What was asked for last. */
  private wanted = 0;
  /** What the system watches for. */
  private bits = 0;
  private closed = false;

  constructor(set: PollSet, id: number, fd: number, onReady: OnReady) {
    this.set = set;
    this.id = id;
    this.fd = fd;
    this.onReady = onReady;
  }

  start(events: number): void {
    this.wanted = events;
    this.change(((events & Ready.Read) === 0 ? 0 : EPOLLIN) | ((events & Ready.Write) === 0 ? 0 : EPOLLOUT));
  }

  restart(): void {
    this.start(this.wanted);
  }

  stop(): void {
    this.change(0);
  }

  ref(): void {
    this.refer(true);
  }

  unref(): void {
    this.refer(false);
  }

  close(): void {
    if (this.closed) return;
    this.change(0);
    this.unref();
    this.closed = true;
    this.set.delete(this.id);
  }

  /** Pass on what the system says. */
  tell(bits: number): void {
    if ((bits & (EPOLLERR | EPOLLHUP)) === 0) {
      const events = ((bits & EPOLLIN) === 0 ? 0 : Ready.Read) | ((bits & EPOLLOUT) === 0 ? 0 : Ready.Write);
      return this.onReady(0, events);
    }
    // An error is told again and again, also to those who watch for nothing, until somebody reads it.
    this.change(0);
    this.onReady(-1, 0);
  }

  private change(bits: number): void {
    if (this.closed || bits === this.bits) return;
    this.set.set(this.id, this.fd, bits, this.bits !== 0);
    this.bits = bits;
  }

  private refer(isReferenced: boolean): void {
    if (this.closed || isReferenced === this.isReferenced) return;
    this.isReferenced = isReferenced;
    this.set.refer(isReferenced ? 1 : -1);
  }
}

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLOUT = 4;
const EPOLLERR = 8;
const EPOLLHUP = 16;
/** Sockets that are told of in a turn. */
const MAX_EVENTS = 64;

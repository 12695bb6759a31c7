import type { NativeSystem } from './native-system.ts';

/** What a socket can do without waiting: a set of bits. */
export const Ready = { Read: 1, Write: 2 } as const;

/**
 * Tells when a socket can be read or written, by a `uv_poll_t` of the thread's loop. Main thread only: in a worker that ends, an open
 * handle ends the process.
 */
export class Readiness {
  private readonly system: NativeSystem;
  private readonly watch: Watch;
  private readonly shared: Watches;
  private events = 0;
  private closed = false;

  /** `onReady` hears of `Ready` bits, or of a negative status: an error waits in the socket, and the watching has stopped. */
  constructor(system: NativeSystem, fd: number, onReady: (status: number, events: number) => void) {
    this.system = system;
    this.shared = watchesOf(system);
    const memory = new Uint8Array(new ArrayBuffer(system.pollHandleBytes));
    const handle = system.addressOf(memory);
    const status = system.calls.uv_poll_init(system.loop, handle, fd);
    if (status < 0) throw new Error(`uv_poll_init gave ${status}`);
    this.watch = { memory, handle, isClosing: false, onReady };
    this.shared.open.set(handle, this.watch);
  }

  /** Watch for these `Ready` bits. */
  start(events: number): void {
    if (this.closed || this.shared.hasEnded) return;
    this.events = events;
    this.system.calls.uv_poll_start(this.watch.handle, events, this.shared.onPoll);
  }

  /** Watch for the same as before: after an error, which stops the watching. */
  restart(): void {
    this.start(this.events);
  }

  stop(): void {
    if (!this.closed) this.system.calls.uv_poll_stop(this.watch.handle);
  }

  /** Whether watching keeps the program running, which is the default. */
  ref(): void {
    if (!this.closed) this.system.calls.uv_ref(this.watch.handle);
  }

  unref(): void {
    if (!this.closed) this.system.calls.uv_unref(this.watch.handle);
  }

  /** Stop for ever. The socket may be closed afterwards. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.watch.isClosing = true;
    this.watch.onReady = () => {};
    this.system.calls.uv_close(this.watch.handle, this.shared.onClosed);
  }
}

interface Watch {
  /** The `uv_poll_t`: libuv writes to it until the handle is closed, and its address alone does not keep it. */
  readonly memory: Uint8Array;
  readonly handle: bigint;
  /** libuv ends the process where a handle that closes is stopped. */
  isClosing: boolean;
  onReady: (status: number, events: number) => void;
}

/** The open handles of a thread, by address, and the two functions that libuv calls for all of them. */
interface Watches {
  readonly open: Map<bigint, Watch>;
  /** The program ends: Node polls once more as it cleans up, when a call of JavaScript would abort the process. */
  hasEnded: boolean;
  readonly onPoll: bigint;
  readonly onClosed: bigint;
}

const known = new Map<NativeSystem, Watches>();

function watchesOf(system: NativeSystem): Watches {
  const found = known.get(system);
  if (found !== undefined) return found;
  const open = new Map<bigint, Watch>();
  const made: Watches = {
    open,
    hasEnded: false,
    onPoll: system.createPollCallback((handle, status, events) => {
      // What is thrown into native code ends the process.
      try {
        open.get(handle)?.onReady(status, events);
      } catch (error) {
        throwSoon(error);
      }
      // Jobs of promises that began here wait until JavaScript is entered by another way: this is the next one.
      setImmediate(nothing);
    }),
    onClosed: system.createCloseCallback((handle) => void open.delete(handle)),
  };
  process.once('exit', () => {
    made.hasEnded = true;
    for (const { handle, isClosing } of open.values()) if (!isClosing) system.calls.uv_poll_stop(handle);
  });
  known.set(system, made);
  return made;
}

/** Make an error of a program's handler an uncaught exception, in a turn of its own. */
export function throwSoon(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

function nothing(): void {}

import type { OnReady } from './native-system.ts';
import { type Readiness, throwSoon } from './readiness.ts';

/** Calls of libuv about a handle that tells when a socket can be read or written. */
export interface PollCalls {
  uv_poll_init(loop: bigint, handle: bigint, fd: number): number;
  uv_poll_start(handle: bigint, events: number, callback: bigint): number;
  uv_poll_stop(handle: bigint): number;
  uv_ref(handle: bigint): void;
  uv_unref(handle: bigint): void;
  uv_close(handle: bigint, callback: bigint): void;
}

/** The loop of a thread, and what watching by it needs. */
export interface UvLoop {
  readonly calls: PollCalls;
  readonly loop: bigint;
  /** Bytes of a `uv_poll_t`. */
  readonly pollHandleBytes: number;
  /** The address of the first byte. Whoever uses it keeps the bytes. */
  addressOf(bytes: Uint8Array): bigint;
  /** The address of a function `(handle, status, events)`, or `(handle)` for `uv_close`. It must not throw. */
  createPollCallback(task: (handle: bigint, status: number, events: number) => void): bigint;
  createCloseCallback(task: (handle: bigint) => void): bigint;
}

/**
 * Tells when a socket can be read or written, by a `uv_poll_t` of the thread's loop. Main thread only: in a worker that ends, an open
 * handle ends the process.
 */
export class UvReadiness implements Readiness {
  private readonly uv: UvLoop;
  private readonly watch: Watch;
  private readonly shared: Watches;
  private events = 0;
  private closed = false;

  constructor(uv: UvLoop, fd: number, onReady: OnReady) {
    this.uv = uv;
    this.shared = watchesOf(uv);
    const memory = new Uint8Array(new ArrayBuffer(uv.pollHandleBytes));
    const handle = uv.addressOf(memory);
    const status = uv.calls.uv_poll_init(uv.loop, handle, fd);
    if (status < 0) throw new Error(`uv_poll_init gave ${status}`);
    this.watch = { memory, handle, isClosing: false, onReady };
    this.shared.open.set(handle, this.watch);
  }

  start(events: number): void {
    if (this.closed || this.shared.hasEnded) return;
    this.events = events;
    this.uv.calls.uv_poll_start(this.watch.handle, events, this.shared.onPoll);
  }

  restart(): void {
    this.start(this.events);
  }

  stop(): void {
    if (!this.closed) this.uv.calls.uv_poll_stop(this.watch.handle);
  }

  ref(): void {
    if (!this.closed) this.uv.calls.uv_ref(this.watch.handle);
  }

  unref(): void {
    if (!this.closed) this.uv.calls.uv_unref(this.watch.handle);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.watch.isClosing = true;
    this.watch.onReady = () => {};
    this.uv.calls.uv_close(this.watch.handle, this.shared.onClosed);
  }
}

interface Watch {
  /** The `uv_poll_t`: libuv writes to it until the handle is closed, and its address alone does not keep it. */
  readonly memory: Uint8Array;
  readonly handle: bigint;
  /** libuv ends the process where a handle that closes is stopped. */
  isClosing: boolean;
  onReady: OnReady;
}

/** The open handles of a thread, by address, and the two functions that libuv calls for all of them. */
interface Watches {
  readonly open: Map<bigint, Watch>;
  /** The program ends: Node polls once more as it cleans up, when a call of JavaScript would abort the process. */
  hasEnded: boolean;
  readonly onPoll: bigint;
  readonly onClosed: bigint;
}

const known = new Map<UvLoop, Watches>();

function watchesOf(uv: UvLoop): Watches {
  const found = known.get(uv);
  if (found !== undefined) return found;
  const open = new Map<bigint, Watch>();
  const made: Watches = {
    open,
    hasEnded: false,
    onPoll: uv.createPollCallback((handle, status, events) => {
      // What is thrown into native code ends the process.
      try {
        open.get(handle)?.onReady(status, events);
      } catch (error) {
        throwSoon(error);
      }
      // Jobs of promises that began here wait until JavaScript is entered by another way: this is the next one.
      setImmediate(nothing);
    }),
    onClosed: uv.createCloseCallback((handle) => void open.delete(handle)),
  };
  process.once('exit', () => {
    made.hasEnded = true;
    for (const { handle, isClosing } of open.values()) if (!isClosing) uv.calls.uv_poll_stop(handle);
  });
  known.set(uv, made);
  return made;
}

function nothing(): void {}

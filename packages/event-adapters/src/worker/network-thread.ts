import { Worker } from 'node:worker_threads';
import type { FromThread, ThreadStart, ToThread } from './messages.ts';
import { WakeSignal } from './wake-signal.ts';

/** Options of `startNetworkThread`. */
export interface NetworkThreadOptions {
  /** The module that runs in the thread; it calls `runNetworkThread`. */
  readonly module: URL;
  /** Passed to the module: anything that can be cloned, such as `SharedRing.memory`. */
  readonly data?: unknown;
  /**
   * Is called when the thread calls `wakeApplication`: with a message, or without one when shared memory
   * changed. Several calls without a message may cause one call here.
   */
  readonly onWakeUp?: (message: unknown) => void;
  /** Makes the thread. Default: a `Worker` of node:worker_threads. */
  readonly createThread?: (module: URL, workerData: unknown) => ThreadHandle;
}

/** A thread: the part of the `Worker` of node:worker_threads that is used. */
export interface ThreadHandle {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  terminate(): unknown;
}

/**
 * Run a context in a thread of its own. Resolves when the thread's module is ready, and rejects with its
 * error when it fails. The calling thread never blocks.
 */
export function startNetworkThread(options: NetworkThreadOptions): Promise<NetworkThread> {
  const signals = { thread: new WakeSignal(), application: new WakeSignal() };
  const start: ThreadStart = {
    threadSignal: signals.thread.memory,
    applicationSignal: signals.application.memory,
    data: options.data,
  };
  const handle = (options.createThread ?? createWorker)(options.module, { tsquic: start });
  return new Promise((resolve, reject) => {
    const thread = new NetworkThread(handle, signals.thread);
    handle.on('error', reject);
    handle.on('exit', (code) => reject(new Error(`the network thread ended with ${code}`)));
    handle.on('message', (raw) => {
      const message = raw as FromThread;
      if (message.type === 'started') resolve(thread);
      else if (message.type === 'failed') reject(message.reason);
      else if (message.type === 'message') options.onWakeUp?.(message.message);
      else {
        signals.application.lower();
        options.onWakeUp?.(undefined);
      }
    });
  });
}

/** A context in another thread. */
export class NetworkThread {
  /** Resolves once the thread has ended; rejects when an error ended it. */
  readonly ended: Promise<void>;
  private readonly handle: ThreadHandle;
  private readonly signal: WakeSignal;

  constructor(handle: ThreadHandle, signal: WakeSignal) {
    this.handle = handle;
    this.signal = signal;
    this.ended = new Promise((resolve, reject) => {
      handle.on('error', reject);
      handle.on('exit', () => resolve());
    });
    // A program that does not use the promise must not get an unhandled rejection.
    this.ended.catch(() => {});
  }

  /**
   * Make the thread call its `onWakeUp`, which may use the context: with a message, or to look at shared
   * memory. Several calls without a message cause one message.
   */
  wakeUp(message?: unknown): void {
    if (message !== undefined) this.post({ type: 'message', message });
    else if (this.signal.raise()) this.post({ type: 'wake-up' });
  }

  /** Ask the thread to close its connections and its socket, and to end. Resolves with `ended`. */
  stop(): Promise<void> {
    this.post({ type: 'stop' });
    return this.ended;
  }

  /** End the thread at once, without closing its connections. Resolves with `ended`. */
  terminate(): Promise<void> {
    this.handle.terminate();
    return this.ended;
  }

  private post(message: ToThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.handle.postMessage(message);
  }
}

function createWorker(module: URL, workerData: unknown): ThreadHandle {
  return new Worker(module, { workerData });
}

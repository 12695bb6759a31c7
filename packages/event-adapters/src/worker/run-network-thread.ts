import { parentPort, workerData } from 'node:worker_threads';
import type { FromThread, ThreadStart, ToThread } from './messages.ts';
import { WakeSignal } from './wake-signal.ts';

/** The application, as a network thread sees it. */
export interface ApplicationSide {
  /** `NetworkThreadOptions.data`. */
  readonly data: unknown;
  /**
   * Make the application call its `onWakeUp`: with a message, or to look at shared memory; several calls of
   * the latter kind may cause one.
   */
  wakeApplication(message?: unknown): void;
}

/** What the module of a thread provides. */
export interface ThreadProgram {
  /** The application called `wakeUp`. The context may be used here; call `loop.wake()` afterwards. */
  onWakeUp(message: unknown): void;
  /**
   * Close the connections and the socket: `context.close()`, then `loop.close()`. The thread ends when
   * nothing else keeps it running.
   */
  close(): void;
}

/**
 * To be called by the module of a network thread: `begin` makes context, socket and loop. What it throws
 * makes the start fail.
 */
export function runNetworkThread(
  begin: (application: ApplicationSide) => Promise<ThreadProgram> | ThreadProgram,
): void {
  const { tsquic: start } = workerData as { readonly tsquic: ThreadStart };
  const port = parentPort;
  if (port === null) throw new Error('runNetworkThread is for modules started by startNetworkThread');
  const post = (message: FromThread): void => port.postMessage(message);
  const threadSignal = new WakeSignal(start.threadSignal);
  const applicationSignal = new WakeSignal(start.applicationSignal);
  const early: ToThread[] = [];
  let program: ThreadProgram | undefined;

  const take = (message: ToThread): void => {
    if (program === undefined) early.push(message);
    else if (message.type === 'message') program.onWakeUp(message.message);
    else if (message.type === 'wake-up') {
      threadSignal.lower();
      program.onWakeUp(undefined);
    } else {
      leave();
      program.close();
    }
  };
  port.on('message', take);
  // The thread ends when nothing keeps it running; not every runtime can close this port.
  const leave = (): void => {
    port.off('message', take);
    port.unref();
  };

  const application: ApplicationSide = {
    data: start.data,
    wakeApplication: (message) => {
      if (message !== undefined) post({ type: 'message', message });
      else if (applicationSignal.raise()) post({ type: 'wake-up' });
    },
  };
  const started = (made: ThreadProgram): void => {
    program = made;
    post({ type: 'started' });
    for (const message of early) take(message);
  };
  const failed = (reason: unknown): void => {
    leave();
    post({ type: 'failed', reason });
  };
  Promise.resolve()
    .then(() => begin(application))
    .then(started, failed);
}

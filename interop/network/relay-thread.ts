import { Worker } from 'node:worker_threads';
import type { Address } from '@tsquic/quic-core';
import type { CapturePaths } from './open-relay.ts';
import type { RelayPlan } from './plan.ts';
import type { RelayCounts } from './relay.ts';

/** What the thread is asked. */
export type ThreadRequest =
  | { readonly id: number; readonly open: { readonly plan: RelayPlan; readonly captures: CapturePaths } }
  | { readonly id: number; readonly close: true };

/** What it answers to each request. */
export type ThreadAnswer = { readonly id: number } & (
  | { readonly fronts: readonly Address[] }
  | { readonly counts: RelayCounts }
  | { readonly failure: string }
);

/** A relay of the thread. */
export interface ThreadedRelay {
  readonly fronts: readonly Address[];
  /** Ends it and resolves to its counts when the captures are written. */
  close(): Promise<RelayCounts>;
}

/** A thread for relays, whose datagrams do not wait while this one starts programs and judges. */
export class RelayThread {
  private readonly worker = new Worker(new URL('relay-worker.ts', import.meta.url));
  private readonly waiting = new Map<number, (answer: ThreadAnswer) => void>();
  private requests = 0;

  constructor() {
    this.worker.on('message', (answer: ThreadAnswer) => {
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
  }

  /** Opens a relay; rejects with the system's error. */
  async open(plan: RelayPlan, captures: CapturePaths): Promise<ThreadedRelay> {
    const id = this.requests++;
    const opened = await this.ask({ id, open: { plan, captures } });
    if (!('fronts' in opened)) throw new Error(textOf(opened));
    return {
      fronts: opened.fronts,
      close: async () => {
        const closed = await this.ask({ id, close: true });
        if (!('counts' in closed)) throw new Error(textOf(closed));
        return closed.counts;
      },
    };
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private ask(request: ThreadRequest): Promise<ThreadAnswer> {
    return new Promise((resolve) => {
      this.waiting.set(request.id, resolve);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.worker.postMessage(request);
    });
  }
}

function textOf(answer: ThreadAnswer): string {
  return 'failure' in answer ? answer.failure : 'the relay answers something else';
}

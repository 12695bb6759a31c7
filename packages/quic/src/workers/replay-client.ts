import type { SharedReplayStore } from '../options.ts';
import type { FromWorker } from './messages.ts';

/**
 * A worker's store of used tickets, which asks the thread that all workers have in common: a ticket that one worker made
 * is good at each, and must be used at one only. RFC 8446 §8.1
 */
export class ReplayClient implements SharedReplayStore {
  private readonly ask: (message: Extract<FromWorker, { type: 'use' }>) => void;
  private readonly waiting = new Map<number, (isFirstUse: boolean) => void>();
  private requests = 0;

  constructor(ask: (message: Extract<FromWorker, { type: 'use' }>) => void) {
    this.ask = ask;
  }

  use(id: Uint8Array, expiresAtMs: number): Promise<boolean> {
    const request = this.requests++;
    return new Promise((resolve) => {
      this.waiting.set(request, resolve);
      this.ask({ type: 'use', request, id, expiresAtMs });
    });
  }

  onVerdict(request: number, isFirstUse: boolean): void {
    this.waiting.get(request)?.(isFirstUse);
    this.waiting.delete(request);
  }
}

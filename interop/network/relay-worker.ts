// The program of a relay thread.
import { parentPort } from 'node:worker_threads';
import { type OpenRelay, openRelay } from './open-relay.ts';
import type { ThreadAnswer, ThreadRequest } from './relay-thread.ts';

const relays = new Map<number, OpenRelay>();

parentPort?.on('message', (request: ThreadRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void answer(request).then((text) => parentPort?.postMessage(text));
});

async function answer(request: ThreadRequest): Promise<ThreadAnswer> {
  const { id } = request;
  try {
    if ('open' in request) {
      const relay = await openRelay(request.open.plan, request.open.captures);
      relays.set(id, relay);
      return { id, fronts: relay.fronts };
    }
    const counts = await relays.get(id)?.close();
    relays.delete(id);
    return counts === undefined ? { id, failure: 'no such relay' } : { id, counts };
  } catch (error) {
    return { id, failure: (error as Error).message };
  }
}

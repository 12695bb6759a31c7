import { nodeClock, openNodePort, QuicLoop } from '@tsquic/event-adapters';
import { runNetworkThread, SharedRing, StreamRelay } from '@tsquic/event-adapters/worker';
import type { Address } from '@tsquic/quic-core';
import { createUploadContext } from './upload.ts';

/** What this thread is started with. */
export interface ClientThreadData {
  readonly to: Address;
  readonly ring: SharedArrayBuffer;
}

runNetworkThread(async ({ data, wakeApplication }) => {
  const { to, ring } = data as ClientThreadData;
  const context = createUploadContext();
  const port = await openNodePort({ ip: '127.0.0.1' });
  let relay: StreamRelay | undefined;
  const loop = new QuicLoop({
    context,
    port,
    clock: nodeClock,
    onEvent: (event) => {
      if (event.type === 'connected') {
        const stream = connection.openStream({ unidirectional: true });
        if (stream !== undefined)
          relay = new StreamRelay({
            stream,
            outgoing: new SharedRing(ring),
            wakeApplication: () => wakeApplication(),
          });
      }
      if (event.type === 'connected' || event.type === 'stream-writable') relay?.pump();
      if (event.type === 'closed')
        wakeApplication({ type: 'closed', lostPackets: connection.statistics().packetsLost });
    },
  });
  const connection = context.createConnection({ to }, loop.nowUs());
  loop.flush();
  return {
    onWakeUp: () => {
      relay?.pump();
      loop.wake();
    },
    close: () => {
      context.close();
      loop.close();
    },
  };
});

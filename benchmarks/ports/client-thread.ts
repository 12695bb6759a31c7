import { EventDispatcher, nodeClock, openNodePort, QuicLoop } from '@tsquic/event-adapters';
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
  const events = new EventDispatcher(context);
  const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent: events.dispatch });
  const connection = context.createConnection({ to }, loop.nowUs());
  events.follow(connection, {
    onConnected: () => {
      const stream = connection.openStream({ unidirectional: true });
      if (stream === undefined) return;
      relay = new StreamRelay({
        stream,
        outgoing: new SharedRing(ring),
        wakeApplication: () => wakeApplication(),
      });
      events.followStream(stream, relay);
      relay.pump();
    },
    onClosed: () => wakeApplication({ type: 'closed', lostPackets: connection.statistics().packetsLost }),
  });
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

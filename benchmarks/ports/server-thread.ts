import { nodeClock, openNodePort, QuicLoop } from '@tsquic/event-adapters';
import { runNetworkThread } from '@tsquic/event-adapters/worker';
import { createUploadServer } from './upload.ts';

runNetworkThread(async ({ wakeApplication }) => {
  const { context, onEvent } = createUploadServer((bytes, checksum) =>
    wakeApplication({ type: 'received', bytes, checksum }),
  );
  const port = await openNodePort({ ip: '127.0.0.1' });
  const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent });
  wakeApplication({ type: 'listening', local: port.local });
  return {
    onWakeUp: () => loop.wake(),
    close: () => {
      context.close();
      loop.close();
    },
  };
});

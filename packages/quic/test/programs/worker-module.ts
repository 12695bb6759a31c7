/** What the workers of workers.test.ts run: it answers every stream with its number, and with what the stream said. */
import { currentWorker, listenAsWorker } from 'tsquic/workers';

interface WorkerData {
  readonly cert: string;
  readonly key: string;
  readonly retry?: 'always';
  /** What to do instead of serving. */
  readonly way?: 'throw' | 'end' | 'port';
}

const { id, data } = currentWorker()!;
const { cert, key, retry, way } = data as WorkerData;
if (way === 'throw') throw new Error('a bug at the start');
const wrong = way === 'port' ? { port: 4433 } : {};
if (way !== 'end')
  await listenAsWorker(
    {
      cert,
      key,
      ALPNProtocols: ['test'],
      earlyData: true,
      ...(retry === undefined ? {} : { core: { retry } }),
      ...wrong,
    },
    async (connection) => {
      let isReady = false;
      void connection.ready.then(() => (isReady = true));
      for await (const { readable, writable, early } of connection) {
        // Until the handshake is complete, early data may be a replay.
        const mayBeReplay = early && !isReady;
        const said = await new Response(readable).text();
        if (said === 'fail')
          setTimeout(() => {
            throw new Error('a bug while serving');
          });
        const writer = writable.getWriter();
        await writer.write(new TextEncoder().encode(`${id} ${mayBeReplay} ${said}`));
        await writer.close();
      }
    },
  );

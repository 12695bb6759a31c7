/** What the workers of main.ts run: it answers every stream with the number of its worker. */
import { currentWorker, listenAsWorker } from 'tsquic/workers';

const { id, data } = currentWorker()!;
const { cert, key } = data as { readonly cert: string; readonly key: string };
await listenAsWorker({ cert, key, ALPNProtocols: ['workers'] }, async (connection) => {
  for await (const { readable, writable } of connection) {
    const said = await new Response(readable).text();
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode(`${id} ${said}`));
    await writer.close();
  }
});

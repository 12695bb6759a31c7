/**
 * Two workers of node:cluster. Each listens on a port of its own and connects to itself a few times, while the other does
 * the same; then both listen on one port. Prints what became of it as JSON.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createSelfSigned } from 'tsquic/certificates';
import { connect, listen, type QuicError, type QuicListener } from 'tsquic';

const HOST = '127.0.0.1';
const CONNECTIONS = 5;

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  const heard = async (): Promise<unknown[]> =>
    (await Promise.all(workers.map((worker) => once(worker, 'message')))).map(
      ([message]) => message as unknown,
    );
  const alone = (await heard()) as { readonly port: number }[];
  const shared = heard();
  for (const worker of workers) worker.send({ port: alone[0]!.port });
  console.log(JSON.stringify({ alone, shared: await shared }));
  for (const worker of workers) worker.kill();
} else {
  const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({ hosts: [HOST] });
  const common = { host: HOST, ALPNProtocols: ['echo'] };
  const serve = (port: number): Promise<QuicListener> =>
    listen({ ...common, port, cert, key }, async (connection) => {
      for await (const { readable, writable } of connection) await readable.pipeTo(writable);
    });
  const listener = await serve(0);
  const { port } = listener.address;
  const echoed = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const connection = await connect({ ...common, port, ca: cert });
      const { readable, writable } = await connection.openStream();
      const writer = writable.getWriter();
      await writer.write(new Uint8Array(50_000));
      await writer.close();
      const { byteLength } = await new Response(readable).arrayBuffer();
      await connection.close();
      return byteLength;
    }),
  );
  process.send!({ port, echoed: echoed.filter((bytes) => bytes === 50_000).length });
  const [message] = (await once(process, 'message')) as [{ readonly port: number }];
  await serve(message.port).then(
    () => process.send!('listens'),
    (error: QuicError) => process.send!({ code: error.code, message: error.message }),
  );
}

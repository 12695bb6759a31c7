// One handler fails by the peer's doing, one by a bug of its own. Prints what the runtime calls unhandled.
import { createSelfSigned } from '@tsquic/cli';
import { connect, listen, QuicStreamError } from 'tsquic';

process.on('unhandledRejection', (error) => console.log(`unhandled: ${(error as Error).message}`));

const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({ hosts: ['localhost'] });
const ALPNProtocols = ['test'];
let count = 0;
const listener = await listen({ host: '127.0.0.1', cert, key, ALPNProtocols }, async (connection) => {
  if (++count === 2) throw new Error('a bug');
  for await (const stream of connection) await stream.readable.pipeTo(new WritableStream());
});
const options = { host: 'localhost', port: listener.address.port, ca: cert, ALPNProtocols };
const first = await connect(options);
const writer = (await first.openStream()).writable.getWriter();
await writer.write(new Uint8Array(1));
await writer.abort(new QuicStreamError(5));
await first.closed;
await (
  await connect(options)
).closed;
await listener.close();

// Handlers fail: one by the peer's doing, one by a bug, one with an onError that has a bug itself. Prints what the
// runtime calls unhandled, which must be nothing, and the warnings.
import process from 'node:process';
import { createSelfSigned } from 'tsquic/certificates';
import { connect, listen, QuicStreamError } from 'tsquic';

process.on('unhandledRejection', (error) => console.log(`unhandled: ${(error as Error).message}`));
process.on('uncaughtException', (error) => console.log(`uncaught: ${error.message}`));
process.on('warning', ({ name, message }) => console.log(`${name}: ${message}`));

const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({ hosts: ['localhost'] });
const ALPNProtocols = ['test'];
const bug = new Error('a bug');

/** The code that a client's connection ends with, when its server's handler fails like this. */
async function codeOf(handler: Parameters<typeof listen>[1], onError?: () => void): Promise<number> {
  const options = {
    host: '127.0.0.1',
    cert,
    key,
    ALPNProtocols,
    ...(onError === undefined ? {} : { onError }),
  };
  const listener = await listen(options, handler);
  const client = await connect({ host: 'localhost', port: listener.address.port, ca: cert, ALPNProtocols });
  const writer = (await client.openStream()).writable.getWriter();
  await writer.write(new Uint8Array(1)).catch(() => {});
  writer.abort(new QuicStreamError(5)).catch(() => {});
  const { code } = await client.closed;
  await listener.close();
  return code;
}

console.log(
  await codeOf(async (peer) => {
    for await (const stream of peer) await stream.readable.pipeTo(new WritableStream());
  }),
);
console.log(await codeOf(() => Promise.reject(bug)));
console.log(
  await codeOf(() => {
    throw bug;
  }),
);
console.log(
  await codeOf(
    () => Promise.reject(bug),
    () => {
      throw new Error('another');
    },
  ),
);
// As docs/integration.md writes it, met by a stream that only receives.
const echo = await listen({ host: '127.0.0.1', cert, key, ALPNProtocols }, async (peer) => {
  for await (const { readable, writable } of peer) await readable.pipeTo(writable);
});
const client = await connect({ host: 'localhost', port: echo.address.port, ca: cert, ALPNProtocols });
const writer = (await client.openStream({ unidirectional: true })).writable.getWriter();
void writer.write(new Uint8Array(1));
console.log((await client.closed).code);
await echo.close();

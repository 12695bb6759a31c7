// Uses all there is, closes it, and must then end without a call of process.exit.
import { openNodePort } from '@tsquic/event-adapters';
import { createSelfSigned } from '@tsquic/cli';
import { connect, listen } from 'tsquic';

const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({ hosts: ['localhost'] });
const ALPNProtocols = ['test'];
const listener = await listen({ cert, key, ALPNProtocols }, async (connection) => {
  for await (const stream of connection) void stream.readable.pipeTo(stream.writable).catch(() => {});
});
const { port } = listener.address;
const connection = await connect({ port, ca: cert, ALPNProtocols });
const stream = await connection.openStream();
void stream.writable.getWriter().write(new Uint8Array(1000));
await stream.readable.getReader().read();

// Failures must leave nothing behind either.
const free = await openNodePort({ ip: '127.0.0.1' });
free.close();
await connect({ host: '127.0.0.1', port: free.local.port, ca: cert, ALPNProtocols }).catch(() => {});
await connect({ port, ALPNProtocols }).catch(() => {});
await listen({ port, cert, key, ALPNProtocols }).catch(() => {});
await connect({ port, ca: cert, ALPNProtocols, signal: AbortSignal.timeout(1) }).catch(() => {});

await connection.close();
await listener.close();
console.log('closed');

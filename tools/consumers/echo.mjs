// An example program, which is run by every runtime, and through every bundler.
import { readFileSync } from 'node:fs';
import { connect, listen } from 'tsquic';

const [cert, key] = [readFileSync('keys/cert.pem'), readFileSync('keys/key.pem')];
const ALPNProtocols = ['echo'];
const listener = await listen(
  { host: '127.0.0.1', port: 0, cert, key, ALPNProtocols },
  async (connection) => {
    for await (const { readable, writable } of connection) await readable.pipeTo(writable);
  },
);
const connection = await connect({
  host: '127.0.0.1',
  port: listener.address.port,
  ca: cert,
  ALPNProtocols,
});
const stream = await connection.openStream();
const writer = stream.writable.getWriter();
await writer.write(new TextEncoder().encode('hello'));
await writer.close();
const answer = await new Response(stream.readable).text();
await connection.close();
await listener.close();
if (answer !== 'hello') throw new Error(`${JSON.stringify(answer)} came back`);

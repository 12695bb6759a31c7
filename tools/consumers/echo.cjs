// CommonJS, of the packages that a program meets.
const { readFileSync } = require('node:fs');
const { connect, listen } = require('tsquic');
const { createDuplex } = require('tsquic/node');
const { createQuicContext } = require('@tsquic/quic-core');

async function main() {
  const [cert, key] = [readFileSync('keys/cert.pem'), readFileSync('keys/key.pem')];
  const ALPNProtocols = ['echo'];
  const listener = await listen({ host: '127.0.0.1', port: 0, cert, key, ALPNProtocols }, async (peer) => {
    for await (const { readable, writable } of peer) await readable.pipeTo(writable);
  });
  const { port } = listener.address;
  const connection = await connect({ host: '127.0.0.1', port, ca: cert, ALPNProtocols });
  const duplex = createDuplex(await connection.openStream());
  duplex.end('hello');
  let answer = '';
  for await (const chunk of duplex) answer += chunk;
  await connection.close();
  await listener.close();
  if (answer !== 'hello') throw new Error(`${JSON.stringify(answer)} came back`);
}

if (typeof createQuicContext !== 'function') throw new Error('no core');
void main();

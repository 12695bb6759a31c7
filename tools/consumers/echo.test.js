// jest in CommonJS mode; vitest runs the same text, with `require` turned into imports.
const { readFileSync } = require('node:fs');
const { connect, listen } = require('tsquic');

test('a server echoes', async () => {
  const [cert, key] = [readFileSync('keys/cert.pem'), readFileSync('keys/key.pem')];
  const ALPNProtocols = ['echo'];
  const listener = await listen({ host: '127.0.0.1', port: 0, cert, key, ALPNProtocols }, async (peer) => {
    for await (const { readable, writable } of peer) await readable.pipeTo(writable);
  });
  const { port } = listener.address;
  const connection = await connect({ host: '127.0.0.1', port, ca: cert, ALPNProtocols });
  const stream = await connection.openStream();
  const writer = stream.writable.getWriter();
  await writer.write(new TextEncoder().encode('hello'));
  await writer.close();
  expect(await new Response(stream.readable).text()).toBe('hello');
  await connection.close();
  await listener.close();
}, 120_000);

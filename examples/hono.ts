// An application of Hono over HTTP/3: nothing in it knows of the transport. It asks itself, and prints the answers.
//   node -C tsquic-src --import ./tools/ts.mjs examples/hono.ts
import { Hono } from 'hono';
import { logger } from 'hono/logger';
import { streamText } from 'hono/streaming';
import { createSelfSigned } from 'tsquic/certificates';
import { fetch, Http3Agent, serve } from 'tsquic/http3';

const app = new Hono();
app.use(logger());
app.get('/', (c) => c.text('Hello over HTTP/3'));
app.get('/users/:name', (c) => c.json({ name: c.req.param('name') }));
app.post('/upper', async (c) => c.text((await c.req.text()).toUpperCase()));
app.get('/count', (c) =>
  streamText(c, async (stream) => {
    for (let count = 1; count <= 3; count++) await stream.write(`${count} `);
  }),
);

const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({ hosts: ['localhost'] });
const server = await serve({ host: '127.0.0.1', cert, key }, app.fetch);
const agent = new Http3Agent({ ca: cert, family: 4 });
const origin = `https://localhost:${server.address.port}`;

for (const path of ['/', '/users/ann', '/count', '/nowhere']) {
  const response = await fetch(origin + path, { agent });
  console.log(path, response.status, await response.text());
}
const upper = await fetch(`${origin}/upper`, { method: 'POST', body: 'louder', agent });
console.log('/upper', upper.status, await upper.text());

await agent.close();
await server.finish();

// A handler of node:http and its clients over HTTP/3, in every runtime.
import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { fetch, Http3Agent, nodeHandler, serve } from 'tsquic/http3';

const [cert, key] = [readFileSync('keys/cert.pem'), readFileSync('keys/key.pem')];
const handler = nodeHandler((req, res) => {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    res.writeHead(201, { 'content-encoding': 'deflate', 'x-twice': ['1', '2'] });
    res.end(
      deflateRawSync(`${req.method} ${req.url} ${req.headers.host} ${Buffer.concat(chunks).toString()}`),
    );
  });
});
const server = await serve({ host: '127.0.0.1', cert, key }, handler);
const agent = new Http3Agent({ ca: cert });
const host = `127.0.0.1:${server.address.port}`;
const large = 'x'.repeat(300_000);
for (const [request, expected] of [
  [`https://${host}/a?b`, `GET /a?b ${host} `],
  [new Request(`https://${host}/c`, { method: 'POST', body: large }), `POST /c ${host} ${large}`],
]) {
  const response = await fetch(request, { agent });
  const text = await response.text();
  if (response.status !== 201 || response.headers.get('x-twice') !== '1, 2' || text !== expected)
    throw new Error(`${response.status} ${JSON.stringify(text.slice(0, 100))} came back`);
}
await agent.close();
await server.close();

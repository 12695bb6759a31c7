// An HTTP/0.9 file server over Bun's node:quic for the interop bench.
// Arguments: root, certificate, key, host, port, ALPN.
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listen } from 'node:quic';

const [root, certificate, key, host, port, alpn] = process.argv.slice(2);
const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

await listen(
  (session) => {
    session.onstream = (stream) => {
      answer(stream).catch((error) => console.log(`stream ended: ${error}`));
    };
    session.closed.catch((error) => console.log(`connection ended: ${error}`));
  },
  {
    endpoint: { address },
    alpn: [alpn],
    sni: { '*': { keys: [createPrivateKey(readFileSync(key))], certs: [readFileSync(certificate)] } },
  },
);
console.log(`listening on ${address}`);

async function answer(stream) {
  const request = [];
  for await (const batch of stream) request.push(...batch);
  const [, name] = /^GET \/([\w.-]+)/.exec(Buffer.concat(request).toString('latin1')) ?? [];
  stream.setBody(name === undefined ? new Uint8Array(0) : readFileSync(join(root, name)));
}

// A file server over Bun's HTTP/3 for the interop bench. Arguments: root, certificate, key, host, port.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [root, certificate, key, host, port] = process.argv.slice(2);

Bun.serve({
  hostname: host,
  port: Number(port),
  // Over UDP alone: the bench holds the port of TCP.
  http1: false,
  http3: true,
  tls: { cert: readFileSync(certificate), key: readFileSync(key) },
  fetch({ url }) {
    const [, name] = /^\/([\w.-]+)$/.exec(new URL(url).pathname) ?? [];
    return name === undefined
      ? new Response(null, { status: 404 })
      : new Response(readFileSync(join(root, name)));
  },
});
console.log(`listening on ${host}:${port}`);

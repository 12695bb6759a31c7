// An HTTP/0.9 client over Bun's node:quic for the interop bench: fetches URLs of one server on one connection.
// Arguments: authority, directory to write to, ALPN, QUIC version to begin with, URLs.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { connect } from 'node:quic';

const [authority, out, alpn, version, ...targets] = process.argv.slice(2);
const urls = targets.map((target) => new URL(target));

const session = await connect(urls[0].host, {
  alpn,
  servername: 'localhost',
  ca: [readFileSync(authority)],
  // The default is an IPv4 socket, from which no IPv6 address can be reached.
  endpoint: { address: urls[0].host.startsWith('[') ? '[::1]:0' : '127.0.0.1:0' },
  version: Number(version),
});
await session.opened;
await Promise.all(urls.map(fetchOne));
await session.close();
process.exit(0);

async function fetchOne(url) {
  const body = new TextEncoder().encode(`GET ${url.pathname}\r\n`);
  const stream = await session.createBidirectionalStream({ body });
  const pieces = [];
  for await (const batch of stream) pieces.push(...batch);
  writeFileSync(join(out, basename(url.pathname)), Buffer.concat(pieces));
}

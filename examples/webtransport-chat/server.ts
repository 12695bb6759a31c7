// A chat for web pages: each message is a stream, and who types is told by datagrams.
//   node -C tsquic-src --import ./tools/ts.mjs examples/webtransport-chat/server.ts [PORT]
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenWebTransport, type WebTransportServerSession } from '@tsquic/webtransport';
import { CertificateRotation } from '@tsquic/webtransport/certificates';

const room = new Set<WebTransportServerSession>();

/** Send a message to everybody; who has left meanwhile does not hear it. */
async function tell(text: string, from?: WebTransportServerSession): Promise<void> {
  for (const session of room) {
    if (session === from) continue;
    try {
      const stream = await session.createUnidirectionalStream();
      const writer = stream.getWriter();
      void writer.write(new TextEncoder().encode(text));
      void writer.close();
    } catch {
      room.delete(session);
    }
  }
}

/** Tell the others that somebody types: what is lost does not matter. */
async function passDatagrams(session: WebTransportServerSession): Promise<void> {
  for await (const datagram of session.datagrams.readable)
    for (const other of room) {
      const writer = other.datagrams.writable.getWriter();
      if (other !== session) void writer.write(datagram);
      writer.releaseLock();
    }
}

async function serveSession(session: WebTransportServerSession): Promise<void> {
  const name = new URL(session.request.url).searchParams.get('name') ?? 'somebody';
  room.add(session);
  void passDatagrams(session).catch(() => {});
  void session.closed.catch(() => {}).then(() => room.delete(session));
  await tell(`${name} is here`);
  try {
    for await (const stream of session.incomingUnidirectionalStreams) {
      let text = '';
      for await (const chunk of stream) text += new TextDecoder().decode(chunk);
      await tell(`${name}: ${text.slice(0, 1000)}`, session);
    }
  } catch {
    // The session was lost.
  }
  room.delete(session);
  await tell(`${name} has left`);
}

const rotation = await CertificateRotation.begin();
const { certificatePem: cert, privateKeyPem: key } = rotation.current;
const port = Number(process.argv[2] ?? 4433);
const server = await listenWebTransport(
  { host: '127.0.0.1', port, cert, key, webTransport: { log: (line) => console.error(line) } },
  serveSession,
);
rotation.follow(server);

// The page, and the hashes by which it trusts the server. http://localhost is a secure context.
const page = readFileSync(new URL('page.html', import.meta.url));
const pages = createServer((request, response) => {
  if (request.url === '/session.json')
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ url: `https://127.0.0.1:${server.address.port}/`, hashes: rotation.hashes }));
  else response.setHeader('content-type', 'text/html').end(page);
});
await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
console.log(`open http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
process.once('SIGTERM', () => {
  rotation.stop();
  pages.close();
  pages.closeAllConnections();
  void server.close();
});

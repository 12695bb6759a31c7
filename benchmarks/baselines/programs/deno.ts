// Deno's QUIC, which is quinn. Arguments: `serve CERT KEY`, or those of a client.
// @ts-nocheck: its types are Deno's own.
import { encodeLength, Request, runClient, zeros } from './contract.mjs';

const [verb, ...rest] = Deno.args;
const ALPN = 'perf';
const common = { maxIdleTimeout: 120_000 };

async function serve(certFile, keyFile) {
  const endpoint = new Deno.QuicEndpoint({ hostname: '127.0.0.1', port: 0 });
  const listener = endpoint.listen({
    cert: await Deno.readTextFile(certFile),
    key: await Deno.readTextFile(keyFile),
    alpnProtocols: [ALPN],
    ...common,
  });
  console.log(`listening on 127.0.0.1:${endpoint.addr.port}`);
  for (;;) {
    const incoming = await listener.incoming();
    void serveConnection(incoming.accept({ zeroRtt: true })).catch(() => {});
  }
}

async function serveConnection(connection) {
  for await (const stream of connection.incomingBidirectionalStreams) void answer(stream).catch(() => {});
}

async function answer(stream) {
  const request = new Request();
  for await (const chunk of stream.readable) request.take(chunk);
  await send(stream.writable.getWriter(), request.length);
}

async function send(writer, length) {
  for (const chunk of zeros(length)) {
    await writer.ready;
    void writer.write(chunk).catch(() => {});
  }
  await writer.close();
}

let authority;
let endpoint;

async function open({ port, ca, kind }) {
  authority ??= await Deno.readTextFile(ca);
  const resumes = kind === 'resumed' || kind === 'early';
  // Connections that share an endpoint share sessions; another endpoint knows none.
  if (!resumes && kind !== undefined) endpoint?.close();
  if (endpoint === undefined || (!resumes && kind !== undefined))
    endpoint = new Deno.QuicEndpoint({ hostname: '127.0.0.1' });
  const connecting = Deno.connectQuic({
    hostname: '127.0.0.1',
    port,
    alpnProtocols: [ALPN],
    caCerts: [authority],
    endpoint,
    ...common,
    ...(kind === 'early' && { zeroRtt: true }),
  });
  const connection = await connecting;
  return {
    async exchange(up, down) {
      const stream = await connection.createBidirectionalStream({ waitUntilAvailable: true });
      const writer = stream.writable.getWriter();
      await writer.write(encodeLength(down));
      const sent = send(writer, up);
      let bytes = 0;
      for await (const chunk of stream.readable) bytes += chunk.length;
      await sent;
      return bytes;
    },
    async close() {
      connection.close({ closeCode: 0, reason: '' });
    },
  };
}

if (verb === 'serve') await serve(...rest);
else await runClient(open, Deno.args);

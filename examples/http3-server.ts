// Answers requests of HTTP/3: GET says hello, POST sends the content back.
//   node -C tsquic-src --import ./tools/ts.mjs examples/http3-server.ts cert.pem key.pem [PORT]
import { readFileSync } from 'node:fs';
import { createNodeProvider } from '@tsquic/crypto/node';
import { nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { Http3Connection, type Http3Event } from '@tsquic/http3';
import { createQuicContext, type QuicEvent } from '@tsquic/quic-core';
import { certificatesFromPem, privateKeyFromPem } from '@tsquic/tls13/x509';

const [certFile = 'cert.pem', keyFile = 'key.pem', portNumber = '4433'] = process.argv.slice(2);
const crypto = createNodeProvider();
const identity = {
  chain: certificatesFromPem(readFileSync(certFile, 'utf8')),
  signer: crypto.createSigner(privateKeyFromPem(readFileSync(keyFile, 'utf8'))),
};
const context = createQuicContext({ crypto, alpn: ['h3'], identity, unixTimeAtZeroUs });

/** The engine of each connection, from its first event to its last. */
const engines = new Map<number, Http3Connection>();
/** What was read of a POST and not yet taken back, by connection and stream: it goes with either. */
const unsent = new Map<Http3Connection, Map<number, Uint8Array>>();
const chunk = new Uint8Array(16_384);

function onEvent(event: QuicEvent): void {
  const { connection: id } = event;
  const connection = context.connection(id);
  if (event.type === 'accepted' && connection !== undefined) {
    const engine = new Http3Connection(connection, { maxFieldSectionSize: 65_536 });
    engines.set(id, engine);
    unsent.set(engine, new Map());
  }
  const http = engines.get(id);
  http?.onEvent(event);
  for (let told = http?.nextEvent(); told !== undefined; told = http?.nextEvent()) answer(http!, told);
  if (event.type !== 'closed' || http === undefined) return;
  engines.delete(id);
  unsent.delete(http);
}

function answer(http: Http3Connection, event: Http3Event): void {
  if (!('streamId' in event)) return;
  const stream = http.stream(event.streamId);
  if (event.type === 'request' && stream !== undefined) {
    const { method, path } = event.head;
    console.log(method, path);
    stream.respond({ status: 200, fields: [{ name: 'content-type', value: 'text/plain' }] });
    if (method === 'POST') return;
    stream.write(new TextEncoder().encode(`Hello, ${path}\n`), true);
  } else if (event.type === 'content' || event.type === 'writable' || event.type === 'end') {
    sendBack(http, event.streamId);
  } else if (event.type === 'failed' || event.type === 'stopped') {
    // Nobody wants an answer any more, nor is its request read further.
    unsent.get(http)?.delete(event.streamId);
    stream?.stopReading();
  }
}

/** Content goes back as it comes; while some is not taken, no more is read. Several events can follow the end of what is sent. */
function sendBack(http: Http3Connection, streamId: number): void {
  const stream = http.stream(streamId);
  const waiting = unsent.get(http);
  if (stream === undefined || stream.hasEnded || waiting === undefined) return;
  for (;;) {
    const bytes = waiting.get(streamId) ?? chunk.slice(0, stream.read(chunk));
    const taken = stream.write(bytes);
    if (taken < bytes.length && !stream.hasSent) return void waiting.set(streamId, bytes.subarray(taken));
    waiting.delete(streamId);
    if (bytes.length === 0) break;
  }
  if (stream.hasRead) stream.write(new Uint8Array(0), true);
}

const port = await openNodePort({ ip: '127.0.0.1', port: Number(portNumber) });
const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent });
console.log(`listening on ${port.local.ip}:${port.local.port}`);

process.once('SIGTERM', () => {
  context.close();
  loop.close();
});

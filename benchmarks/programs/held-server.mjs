// Serves many connections at once, each with a stream, and tells what they cost. Arguments: WAY CERT KEY, where WAY is
// `core` (the core over a QuicLoop) or `tsquic` (its `listen`). The benchmark asks by messages.
import { readFileSync } from 'node:fs';
import { createNodeProvider } from '@tsquic/crypto/node';
import { EventDispatcher, nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { createQuicContext } from '@tsquic/quic-core';
import { certificatesFromPem, privateKeyFromPem } from '@tsquic/tls13/x509';
import { listen } from 'tsquic';
import { Gauge } from './gauge.mjs';

const [way, certFile, keyFile] = process.argv.slice(2);
const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')];
const ANSWER = new Uint8Array(1000);
const transport = { idleTimeoutMs: 900_000 };
const gauge = new Gauge();
let open = 0;
const server = await (way === 'core' ? serveByCore() : serveByListen());
console.log(`listening on 127.0.0.1:${server.port}`);

process.on('message', (question) => void answer(question));

async function answer(question) {
  if (question === 'baseline') await gauge.begin();
  const findings = question === 'findings' ? await gauge.findings() : {};
  if (question === 'delay') findings.delay = gauge.delay();
  process.send({ open, ...findings });
  if (question !== 'end') return;
  await server.close();
  process.disconnect();
}

async function serveByCore() {
  const crypto = createNodeProvider();
  const identity = {
    chain: certificatesFromPem(cert),
    signer: crypto.createSigner(privateKeyFromPem(key)),
  };
  const context = createQuicContext({ crypto, alpn: ['held'], identity, unixTimeAtZeroUs, transport });
  const port = await openNodePort({ ip: '127.0.0.1' });
  const request = new Uint8Array(1000);
  const handlers = {
    onConnected: () => open++,
    onClosed: () => open--,
    onStream: (stream) => ({
      onReadable: () => {
        if (stream.read(request) > 0) stream.write(ANSWER);
      },
    }),
  };
  const events = new EventDispatcher(context, { onConnection: () => handlers });
  const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent: events.dispatch });
  return {
    port: port.local.port,
    close: async () => loop.close(),
  };
}

async function serveByListen() {
  const options = { host: '127.0.0.1', cert, key, ALPNProtocols: ['held'], transport };
  const listener = await listen(options, async (connection) => {
    open++;
    connection.closed.then(gone, gone);
    for await (const stream of connection) {
      const reader = stream.readable.getReader();
      await reader.read();
      await stream.writable.getWriter().write(ANSWER);
    }
  });
  return { port: listener.address.port, close: () => listener.close() };
}

function gone() {
  open--;
}

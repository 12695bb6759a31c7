// Sends its words to an echo server and prints what comes back.
//   node -C tsquic-src --import ./scripts/ts.mjs examples/echo-client.ts cert.pem PORT WORD…
import { readFileSync } from 'node:fs';
import { createNodeProvider } from '@tsquic/crypto/node';
import { nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { createQuicContext, type QuicEvent } from '@tsquic/quic-core';
import { certificatesFromPem, createCertificateVerifier } from '@tsquic/tls13/x509';

const [caFile = 'cert.pem', portNumber = '4433', ...words] = process.argv.slice(2);
const to = { ip: '127.0.0.1', port: Number(portNumber) };
const verifier = createCertificateVerifier({
  trustAnchors: certificatesFromPem(readFileSync(caFile, 'utf8')),
});
const context = createQuicContext({
  crypto: createNodeProvider(),
  alpn: ['echo'],
  verifier,
  unixTimeAtZeroUs,
});

const port = await openNodePort({ connect: to });
const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent });
const connection = context.createConnection({ to, from: port.local }, loop.nowUs());
loop.wake();

const chunk = new Uint8Array(16_384);

function onEvent(event: QuicEvent): void {
  if (event.type === 'connected') {
    connection.openStream()?.write(new TextEncoder().encode(`${words.join(' ')}\n`), true);
  } else if (event.type === 'stream-readable') {
    const stream = connection.stream(event.streamId);
    for (let count = stream?.read(chunk) ?? 0; count > 0; count = stream?.read(chunk) ?? 0) {
      process.stdout.write(chunk.slice(0, count));
    }
    if (stream?.finished === true) connection.close();
  } else if (event.type === 'closed') {
    if (event.reason.kind !== 'application') {
      console.error(event.reason);
      process.exitCode = 1;
    }
    loop.close();
  }
}

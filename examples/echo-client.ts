// Sends its words to an echo server and prints what comes back.
//   node -C tsquic-src --import ./tools/ts.mjs examples/echo-client.ts cert.pem PORT WORD…
import { readFileSync } from 'node:fs';
import { createNodeProvider } from '@tsquic/crypto/node';
import { EventDispatcher, nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { createQuicContext } from '@tsquic/quic-core';
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

const events = new EventDispatcher(context);
const port = await openNodePort({ connect: to });
const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent: events.dispatch });
const connection = context.createConnection({ to, from: port.local }, loop.nowUs());
loop.wake();

const chunk = new Uint8Array(16_384);

events.follow(connection, {
  onConnected: () => {
    const stream = connection.openStream();
    if (stream === undefined) return;
    stream.write(new TextEncoder().encode(`${words.join(' ')}\n`), true);
    events.followStream(stream, {
      onReadable: () => {
        for (let count = stream.read(chunk); count > 0; count = stream.read(chunk))
          process.stdout.write(chunk.slice(0, count));
        if (stream.finished) connection.close();
      },
    });
  },
  onClosed: (reason) => {
    if (reason.kind !== 'application') {
      console.error(reason);
      process.exitCode = 1;
    }
    loop.close();
  },
});

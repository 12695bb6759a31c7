// Sequential handshakes of ours with the certificate checked, each in a connection of its own. Arguments: PORT CA COUNT
import { readFileSync } from 'node:fs';
import { createNodeProvider } from '@tsquic/crypto/node';
import { EventDispatcher, nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { createQuicContext } from '@tsquic/quic-core';
import { certificatesFromPem, createCertificateVerifier } from '@tsquic/tls13/x509';

const [portNumber, caFile, count] = process.argv.slice(2);
const to = { ip: '127.0.0.1', port: Number(portNumber) };
const verifier = createCertificateVerifier({
  trustAnchors: certificatesFromPem(readFileSync(caFile, 'utf8')),
});
const context = createQuicContext({
  crypto: createNodeProvider(),
  alpn: ['hq-interop'],
  verifier,
  unixTimeAtZeroUs,
});
const port = await openNodePort({ connect: to });
const events = new EventDispatcher(context);
const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent: events.dispatch });

async function shakeHands() {
  const connection = context.createConnection({ to, from: port.local }, loop.nowUs());
  loop.wake();
  const isConnected = await new Promise((resolve) => {
    const handlers = { onConnected: () => resolve(true), onClosed: () => resolve(false) };
    events.follow(connection, handlers);
  });
  connection.close();
  loop.wake();
  return isConnected;
}

for (let warm = 0; warm < 20; warm++) await shakeHands();
const begun = performance.now();
let succeeded = 0;
for (let done = 0; done < Number(count); done++) if (await shakeHands()) succeeded++;
console.log(JSON.stringify({ succeeded, perSecond: (succeeded * 1000) / (performance.now() - begun) }));
loop.flush();
process.exit(0);

// Sequential handshakes of ours with the certificate checked, each in a connection of its own. Arguments: PORT CA COUNT
import { readFileSync } from 'node:fs';
import { createNodeProvider } from '@tsquic/crypto/node';
import { nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
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
let settle = () => {};
let current = -1;
const loop = new QuicLoop({
  context,
  port,
  clock: nodeClock,
  onEvent: (event) => {
    // The end of the connection before arrives during the next one.
    if (event.connection === current && (event.type === 'connected' || event.type === 'closed'))
      settle(event);
  },
});

async function shakeHands() {
  const connection = context.createConnection({ to, from: port.local }, loop.nowUs());
  current = connection.id;
  loop.wake();
  const event = await new Promise((resolve) => (settle = resolve));
  if (event.type !== 'connected') throw new Error(`the handshake failed: ${JSON.stringify(event)}`);
  connection.close();
  loop.wake();
}

for (let warm = 0; warm < 20; warm++) await shakeHands();
const begun = performance.now();
for (let done = 0; done < Number(count); done++) await shakeHands();
console.log(JSON.stringify({ perSecond: (Number(count) * 1000) / (performance.now() - begun) }));
loop.flush();
process.exit(0);

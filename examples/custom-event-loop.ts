// A loop that is the program: it polls, works and sleeps (docs/integration.md). Both ends run in it.
//   node -C tsquic-src --import ./tools/ts.mjs examples/custom-event-loop.ts
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { createNodeProvider } from '@tsquic/crypto/node';
import { EventDispatcher } from '@tsquic/event-adapters';
import { createOutgoingDatagram, createQuicContext, type QuicContext } from '@tsquic/quic-core';
import { createTestIdentity, TEST_UNIX_TIME_US, testRootCertificate } from '@tsquic/simulator';
import { createCertificateVerifier } from '@tsquic/tls13/x509';
const nowUs = (): number => Math.floor(performance.now() * 1000);
const out = createOutgoingDatagram(new Uint8Array(1500));
let heard = false;
/** Bind a socket: all that arrives goes to the context, and `send` is all that the context has for the socket. */
async function join(context: QuicContext) {
  const socket = createSocket('udp4');
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  const local = { ip: '127.0.0.1', port: socket.address().port };
  socket.on('message', (bytes, { address: ip, port }) => {
    context.incomingPacket(bytes, { ip, port }, local, 0, 0, nowUs());
    heard = true;
  });
  const send = (): void => {
    for (let sent = 0; sent < 64 && context.prepareNextPacket(out, nowUs()) > 0; sent++)
      socket.send(out.buffer.slice(0, out.length), out.to.port, out.to.ip);
  };
  return { socket, local, send };
}
const crypto = createNodeProvider();
const shared = { crypto, alpn: ['echo'], unixTimeAtZeroUs: TEST_UNIX_TIME_US };
const server = createQuicContext({ ...shared, identity: createTestIdentity(crypto) });
const verifier = createCertificateVerifier({ trustAnchors: [testRootCertificate()] });
const client = createQuicContext({ ...shared, verifier });
const ends = [await join(server), await join(client)] as const;
const connection = client.createConnection({ to: ends[0].local }, nowUs());
const buffer = new Uint8Array(1000);
let running = true;
const serverEvents = new EventDispatcher(server, {
  onConnection: () => ({
    onStream: (stream) => ({
      onReadable: () => void stream.write(buffer.subarray(0, stream.read(buffer)), stream.finished),
    }),
    onClosed: () => (running = false),
  }),
});
const clientEvents = new EventDispatcher(client);
clientEvents.follow(connection, {
  onConnected: () => connection.openStream()?.write(new TextEncoder().encode('hello'), true),
  onStream: (stream) => ({
    onReadable: () => {
      console.log(new TextDecoder().decode(buffer.subarray(0, stream.read(buffer))));
      connection.close();
    },
  }),
});
while (running) {
  for (let event = server.nextEvent(); event !== undefined; event = server.nextEvent())
    serverEvents.dispatch(event);
  for (let event = client.nextEvent(); event !== undefined; event = client.nextEvent())
    clientEvents.dispatch(event);
  for (const { send } of ends) send();
  const delayUs = Math.min(server.nextWakeDelay(nowUs(), 1000), client.nextWakeDelay(nowUs(), 1000));
  if (delayUs >= 200) await setTimeout(delayUs / 1000);
  // Before timers act, all that has arrived comes in: the runtime reads a few datagrams before each immediate.
  for (let turn = 0; turn === 0 || (heard && turn < 100); turn++) {
    heard = false;
    await setImmediate();
  }
}
for (const { socket } of ends) socket.close();

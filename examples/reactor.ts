// The complete integration with an event base that the program owns: read, write and timer events, the three calls
// inside their callbacks. Both ends share one base; the client sends a line, the server sends it back.
//   node -C tsquic-src --import ./tools/ts.mjs examples/reactor.ts
import { createNodeProvider } from '@tsquic/crypto/node';
import { EventDispatcher } from '@tsquic/event-adapters';
import {
  createOutgoingDatagram,
  createQuicContext,
  type QuicContext,
  type QuicEvent,
} from '@tsquic/quic-core';
import { createTestIdentity, TEST_UNIX_TIME_US, testRootCertificate } from '@tsquic/simulator';
import { createCertificateVerifier } from '@tsquic/tls13/x509';
import { NodeEventBase, openEventSocket, type EventSocket } from './event-base.ts';

/** Register a context's events with the base. Call the result after using the context from outside. */
function joinByHand(
  base: NodeEventBase,
  socket: EventSocket,
  context: QuicContext,
  onEvent: (event: QuicEvent) => void,
): () => void {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  let blocked = false;
  const trySend = (): void => {
    blocked = !socket.send(out.buffer, 0, out.length, out.to);
    if (blocked) writeEvent.add();
  };
  const receive = (most: number): void => {
    for (let count = 0; count < most; count++) {
      const datagram = socket.receive();
      if (datagram === undefined) break;
      context.incomingPacket(datagram.bytes, datagram.from, socket.local, 0, datagram.ecn, base.nowUs());
    }
    scheduleSend();
  };
  const onWritable = (): void => {
    // What the socket refused is still in `out`: it was prepared, so it counts as sent.
    trySend();
    if (!blocked) scheduleSend();
  };
  const scheduleSend = (): void => {
    for (let event = context.nextEvent(); event !== undefined; event = context.nextEvent()) onEvent(event);
    for (let sent = 0; sent < 64 && !blocked && context.prepareNextPacket(out, base.nowUs()) > 0; sent++)
      trySend();
    if (!blocked) timerEvent.add(context.nextWakeDelay(base.nowUs(), 1_000_000));
  };
  const writeEvent = base.createWriteEvent(socket, onWritable);
  // After a pause of the program the socket is read first, to the end: what has arrived is older than what is due.
  const timerEvent = base.createTimerEvent(() => receive(4096));
  base.createReadEvent(socket, () => receive(64)).add();
  timerEvent.add(0);
  return scheduleSend;
}

const base = new NodeEventBase();
const crypto = createNodeProvider();
const shared = { crypto, alpn: ['echo'], unixTimeAtZeroUs: TEST_UNIX_TIME_US };
const buffer = new Uint8Array(1000);

const server = createQuicContext({ ...shared, identity: createTestIdentity(crypto) });
const serverSocket = await openEventSocket('127.0.0.1');
const serverEvents = new EventDispatcher(server, {
  onConnection: () => ({
    onStream: (stream) => ({
      onReadable: () => {
        const count = stream.read(buffer);
        stream.write(buffer.subarray(0, count), stream.finished);
      },
    }),
    onClosed: () => base.stop(),
  }),
});
joinByHand(base, serverSocket, server, serverEvents.dispatch);

const verifier = createCertificateVerifier({ trustAnchors: [testRootCertificate()] });
const client = createQuicContext({ ...shared, verifier });
const clientSocket = await openEventSocket('127.0.0.1');
const connection = client.createConnection({ to: serverSocket.local }, base.nowUs());
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
joinByHand(base, clientSocket, client, clientEvents.dispatch);

await base.dispatch();
for (const socket of [serverSocket, clientSocket]) socket.close();

// The whole integration by hand: a socket, a timer and three calls. Both ends run here, one echoes the other.
//   node -C tsquic-src --import ./tools/ts.mjs examples/three-calls.ts
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createSelfSigned } from 'tsquic/certificates';
import { createNodeProvider } from '@tsquic/crypto/node';
import {
  createOutgoingDatagram,
  createQuicContext,
  type QuicEvent,
  type QuicHostContext,
} from '@tsquic/quic-core';
import { certificatesFromPem, createCertificateVerifier, privateKeyFromPem } from '@tsquic/tls13/x509';

const nowUs = (): number => Math.floor(performance.now() * 1000);

/** Join a context to a socket. Call the result after using the context from outside. */
function drive(context: QuicHostContext, socket: Socket, onEvent: (event: QuicEvent) => void): () => void {
  const { address: ip, port } = socket.address();
  const out = createOutgoingDatagram(new Uint8Array(1500));
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  const turn = (): void => {
    for (let event = context.nextEvent(); event !== undefined; event = context.nextEvent()) onEvent(event);
    while (context.prepareNextPacket(out, nowUs()) > 0) {
      socket.send(out.buffer.slice(0, out.length), out.to.port, out.to.ip);
    }
    clearTimeout(timer);
    // Sockets are read between timers and immediates: after a pause of the program, what has arrived comes first.
    const delayUs = context.nextWakeDelay(nowUs(), 60_000_000);
    timer = setTimeout(() => (immediate = setImmediate(turn)), delayUs / 1000);
  };
  socket.on('message', (bytes, from) => {
    context.incomingPacket(bytes, { ip: from.address, port: from.port }, { ip, port }, 0, 0, nowUs());
    turn();
  });
  socket.on('close', () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  });
  return turn;
}

const pem = await createSelfSigned({ hosts: ['127.0.0.1'] });
const chain = certificatesFromPem(pem.certificatePem);
const crypto = createNodeProvider();
const unixTimeAtZeroUs = Math.round(performance.timeOrigin * 1000);
const [serverSocket, clientSocket] = [createSocket('udp4'), createSocket('udp4')];
for (const socket of [serverSocket, clientSocket]) await once(socket.bind(0, '127.0.0.1'), 'listening');

const identity = { chain, signer: crypto.createSigner(privateKeyFromPem(pem.privateKeyPem)) };
const server = createQuicContext({ crypto, alpn: ['echo'], identity, unixTimeAtZeroUs });
drive(server, serverSocket, (event) => {
  // The client's goodbye has arrived: our answer leaves with this turn, and nothing is left to do.
  if (event.type === 'closed')
    setImmediate(() => [serverSocket, clientSocket].forEach((socket) => socket.close()));
  if (event.type !== 'stream-readable') return;
  const stream = server.connection(event.connection)?.stream(event.streamId);
  const bytes = new Uint8Array(1000);
  const count = stream?.read(bytes) ?? 0;
  stream?.write(bytes.subarray(0, count), stream.finished);
});

const verifier = createCertificateVerifier({ trustAnchors: chain });
const client = createQuicContext({ crypto, alpn: ['echo'], verifier, unixTimeAtZeroUs });
const turn = drive(client, clientSocket, (event) => {
  if (event.type === 'connected') connection.openStream()?.write(new TextEncoder().encode('hello'), true);
  if (event.type === 'stream-readable') {
    const bytes = new Uint8Array(1000);
    const count = connection.stream(event.streamId)?.read(bytes) ?? 0;
    console.log(new TextDecoder().decode(bytes.subarray(0, count)));
    connection.close();
  }
});
const to = { ip: '127.0.0.1', port: serverSocket.address().port };
const connection = client.createConnection({ to }, nowUs());
turn();

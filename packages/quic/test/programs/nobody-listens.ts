// A program that looks at no promise and listens to no event, and a peer that closes, resets, stops or vanishes while it
// does one thing or another. Prints, as its last line, what the runtime calls unhandled: nothing.
import process from 'node:process';
import { createSelfSigned } from 'tsquic/certificates';
import { openNodePort } from '@tsquic/event-adapters';
import { connect, listen, type QuicConnection, type QuicStream } from 'tsquic';
import { createDuplex } from 'tsquic/node';

const HOST = '127.0.0.1';
const transport = { idleTimeoutMs: 500, maxBidirectionalStreams: 2 };
const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({ hosts: [HOST] });
const ALPNProtocols = ['test'];
const BYTES = new Uint8Array(100_000);

/** What a program does with a stream, and forgets. */
const DOINGS: Readonly<Record<string, (stream: QuicStream, connection: QuicConnection) => unknown>> = {
  'write and close': ({ writable }) => {
    const writer = writable.getWriter();
    void writer.write(BYTES);
    void writer.write(BYTES);
    return writer.close();
  },
  'write much': ({ writable }) => writable.getWriter().write(new Uint8Array(10_000_000)),
  read: ({ readable }) => {
    const reader = readable.getReader();
    void reader.read();
    return reader.read();
  },
  'read into a buffer': ({ readable }) => {
    const reader = readable.getReader({ mode: 'byob' });
    void reader.read(new Uint8Array(10));
    return reader.read(new Uint8Array(10));
  },
  echo: ({ readable, writable }) => readable.pipeTo(writable),
  'pipe to nowhere': ({ readable }) => readable.pipeTo(new WritableStream()),
  'cancel and abort': ({ readable, writable }) => [readable.cancel(3), writable.abort(4), writable.close()],
  closed: (stream) => stream.closed,
  'open more than allowed': async (_stream, connection) => {
    for (let count = 0; count < 5; count++) void connection.openStream();
  },
  'iterate, and finish': (_stream, connection) => [
    connection[Symbol.asyncIterator]().next(),
    connection.finish(),
  ],
  'a duplex that writes': (stream) => createDuplex(stream).write(BYTES),
  'a duplex that echoes': (stream) => {
    const duplex = createDuplex(stream);
    return duplex.pipe(duplex);
  },
};

/** What the peer does then. */
const ACTS: Readonly<
  Record<string, (peer: QuicConnection, stream: QuicStream, vanish: () => void) => unknown>
> = {
  closes: (peer) => peer.close(),
  'closes with a code': (peer) => peer.close({ code: 7 }),
  resets: (_peer, { writable }) => writable.abort(5),
  stops: (_peer, { readable }) => readable.cancel(6),
  vanishes: (_peer, _stream, vanish) => vanish(),
};

const faults: string[] = [];
let current = '';
const note = (error: unknown): void => void faults.push(`${current}: ${String(error)}`);
process.on('unhandledRejection', note);
process.on('uncaughtException', note);
process.on('warning', note);

const runs = Object.entries(DOINGS).flatMap(([doing, use]) =>
  Object.entries(ACTS).map(([act, perform]) => ({ name: `${doing}, and the peer ${act}`, use, perform })),
);
for (const isServer of [true, false]) {
  for (const { name, use, perform } of runs.filter((_, index) => index % 2 === (isServer ? 0 : 1))) {
    current = name;
    await run(isServer, use, perform);
  }
}
console.log(JSON.stringify({ cases: runs.length, faults }));

/** One connection: the program is its server or its client, the peer the other side. */
async function run(
  isServer: boolean,
  use: (typeof DOINGS)[string],
  perform: (typeof ACTS)[string],
): Promise<void> {
  const [serverSocket, clientSocket] = [await openNodePort({ ip: HOST }), await openNodePort({ ip: HOST })];
  const victim = async (connection: QuicConnection, stream: QuicStream): Promise<void> => {
    use(stream, connection);
    await connection.closed.catch(() => {});
  };
  const attacker = async (connection: QuicConnection, stream: QuicStream): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    // The connection may have ended: then there is nothing to give up.
    await Promise.resolve(
      perform(connection, stream, () => (isServer ? clientSocket : serverSocket).close()),
    ).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.race([connection.close(), new Promise((resolve) => setTimeout(resolve, 50))]);
  };
  const listener = await listen(
    { socket: serverSocket, cert, key, ALPNProtocols, transport },
    async (connection) => {
      for await (const stream of connection) void (isServer ? victim : attacker)(connection, stream);
    },
  );
  const { port } = listener.address;
  const client = await connect({
    host: HOST,
    port,
    socket: clientSocket,
    ca: cert,
    ALPNProtocols,
    transport,
  });
  const stream = await client.openStream();
  const first = stream.writable.getWriter();
  await first.write(new Uint8Array(1)).catch(() => {});
  first.releaseLock();
  await (isServer ? attacker : victim)(client, stream);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await listener.close();
}

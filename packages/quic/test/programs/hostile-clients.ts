// Servers as the documents write them, and clients that close, reset, stop or vanish at every step. After each, an honest
// client must still be served. Prints, as its last line, what the runtime calls unhandled: nothing.
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { createSelfSigned } from 'tsquic/certificates';
import { openNodePort } from '@tsquic/event-adapters';
import { connect, type ConnectionHandler, listen, type QuicConnection, type QuicStream } from 'tsquic';
import { createDuplex } from 'tsquic/node';

const HOST = '127.0.0.1';
const transport = { idleTimeoutMs: 500 };
const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({ hosts: [HOST] });
const ALPNProtocols = ['test'];

const HANDLERS: Readonly<Record<string, ConnectionHandler>> = {
  'packages/quic/README.md, first': async (connection) => {
    for await (const { readable, writable } of connection) void readable.pipeTo(writable);
  },
  'packages/quic/README.md, Duplex': async (connection) => {
    for await (const stream of connection) {
      const duplex = createDuplex(stream);
      await pipeline(duplex, createGzip(), duplex);
    }
  },
  'docs/integration.md': async (peer) => {
    for await (const { readable, writable } of peer) await readable.pipeTo(writable);
  },
  'a Duplex that echoes, and forgets': async (connection) => {
    for await (const stream of connection) {
      const duplex = createDuplex(stream);
      duplex.pipe(duplex);
    }
  },
};

/** What a client does at the end of its patience. */
const ACTS: Readonly<Record<string, (client: QuicConnection, stream: QuicStream | undefined) => unknown>> = {
  closes: (client) => client.close(),
  'closes with a code': (client) => client.close({ code: 7 }),
  resets: (_client, stream) => stream?.writable.abort(5),
  stops: (_client, stream) => stream?.readable.cancel(6),
  'resets and stops': (_client, stream) => stream?.destroy(),
  vanishes: () => {},
};

/** How far it goes before. */
const STEPS = ['connected', 'opened', 'begun', 'written', 'ended', 'answered'] as const;

const faults: string[] = [];
let current = '';
let cases = 0;
const note = (error: unknown): void => void faults.push(`${current}: ${String(error)}`);
process.on('unhandledRejection', note);
process.on('uncaughtException', note);
process.on('warning', note);

for (const [handlerName, handler] of Object.entries(HANDLERS)) {
  const listener = await listen({ host: HOST, cert, key, ALPNProtocols, transport }, handler);
  const dial = async (): Promise<readonly [QuicConnection, () => void]> => {
    const socket = await openNodePort({ ip: HOST });
    const { port } = listener.address;
    const client = await connect({ host: HOST, port, socket, ca: cert, ALPNProtocols, transport });
    return [client, () => socket.close()];
  };
  for (const [actName, act] of Object.entries(ACTS)) {
    for (const step of STEPS) {
      for (const unidirectional of [false, true]) {
        cases++;
        current = `${handlerName}: a client ${actName}, ${step}${unidirectional ? ', one way' : ''}`;
        const [client, vanish] = await dial();
        const stream = await goTo(step, client, unidirectional).catch(() => undefined);
        await Promise.resolve(act(client, stream)).catch(() => {});
        if (actName === 'vanishes') vanish();
        else await Promise.race([client.closed.catch(() => {}), turn()]);
        client.close().catch(note);
      }
    }
    current = `${handlerName}: an honest client after one that ${actName}`;
    const [honest] = await dial();
    const stream = await honest.openStream();
    const writer = stream.writable.getWriter();
    void writer.write(new Uint8Array(10));
    void writer.close();
    if ((await new Response(stream.readable).arrayBuffer()).byteLength < 10) note('no answer');
    await honest.finish();
  }
  current = `${handlerName}: finish`;
  await listener.finish({ signal: AbortSignal.timeout(2000) });
}
console.log(JSON.stringify({ cases, faults }));

async function goTo(
  step: (typeof STEPS)[number],
  client: QuicConnection,
  unidirectional: boolean,
): Promise<QuicStream | undefined> {
  const reached = STEPS.indexOf(step);
  if (reached < 1) return undefined;
  const stream = await client.openStream({ unidirectional });
  const writer = stream.writable.getWriter();
  if (reached >= 2) await writer.write(new Uint8Array(1));
  if (reached >= 3) await writer.write(new Uint8Array(100_000));
  if (reached >= 4) void writer.close();
  writer.releaseLock();
  if (reached >= 5) {
    const reader = stream.readable.getReader();
    await Promise.race([reader.read(), turn()]);
    reader.releaseLock();
  }
  return stream;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

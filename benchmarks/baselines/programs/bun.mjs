// Bun's node:quic. Arguments: `serve CERT KEY`, or those of a client.
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, listen } from 'node:quic';
import { encodeLength, Request, runClient, zeros } from './contract.mjs';

const [verb, ...rest] = process.argv.slice(2);
const ALPN = 'perf';
const WINDOW = 16 * 1024 * 1024;
const transportParams = {
  maxIdleTimeout: 120,
  initialMaxData: WINDOW,
  initialMaxStreamDataBidiLocal: WINDOW,
  initialMaxStreamDataBidiRemote: WINDOW,
};

async function serve(certFile, keyFile) {
  const endpoint = await listen(
    (session) => {
      session.onstream = (stream) => void answer(stream).catch(() => {});
      session.closed.catch(() => {});
    },
    {
      endpoint: { address: '127.0.0.1:0' },
      alpn: [ALPN],
      transportParams,
      sni: { '*': { keys: [createPrivateKey(readFileSync(keyFile))], certs: [readFileSync(certFile)] } },
    },
  );
  console.log(`listening on 127.0.0.1:${endpoint.address.port}`);
}

async function answer(stream) {
  const request = new Request();
  for await (const batch of stream) for (const chunk of batch) request.take(chunk);
  stream.setBody(request.length === 0 ? new Uint8Array(0) : inParts(request.length));
}

/** A body of one piece would be looked through again for each packet. */
async function* inParts(length, ...before) {
  yield* before;
  yield* zeros(length);
}

let authority;
let ticket;

async function open({ port, ca, kind }) {
  authority ??= readFileSync(ca);
  const resumes = kind === 'resumed' || kind === 'early';
  const given = Promise.withResolvers();
  const session = await connect(`127.0.0.1:${port}`, {
    alpn: ALPN,
    servername: 'localhost',
    ca: [authority],
    transportParams,
    endpoint: { address: '127.0.0.1:0' },
    ...(resumes && ticket !== undefined && { sessionTicket: ticket }),
  });
  session.onsessionticket = (one) => {
    ticket = one;
    given.resolve();
  };
  if (kind !== 'early' || ticket === undefined) await session.opened;
  session.closed.catch(() => {});
  return {
    async exchange(up, down) {
      const stream = await session.createBidirectionalStream();
      stream.setBody(up === 0 ? encodeLength(down) : inParts(up, encodeLength(down)));
      let bytes = 0;
      for await (const batch of stream) for (const chunk of batch) bytes += chunk.length;
      return bytes;
    },
    async close() {
      if (resumes) await given.promise;
      await session.close();
    },
  };
}

if (verb === 'serve') await serve(...rest);
else await runClient(open, process.argv.slice(2));

// tsquic by events. Arguments: `serve CERT KEY`, or those of a client.
import { readFileSync } from 'node:fs';
import { connect, listen } from 'tsquic';
import { takeEvents } from 'tsquic/events';
import { encodeLength, Request, runClient } from './contract.mjs';

const [verb, ...rest] = process.argv.slice(2);
const ALPN = 'perf';
const transport = {
  idleTimeoutMs: 120_000,
  ...(process.env.TSQUIC_MTU && { maxUdpPayloadBytes: Number(process.env.TSQUIC_MTU) }),
};
const scratch = new Uint8Array(65_536);

async function serve(certFile, keyFile) {
  const server = await listen(
    {
      host: '127.0.0.1',
      port: 0,
      cert: readFileSync(certFile, 'utf8'),
      key: readFileSync(keyFile, 'utf8'),
      ALPNProtocols: [ALPN],
      earlyData: true,
      transport,
    },
    (connection) => void takeEvents(connection, () => ({ onStream: (stream) => answering(stream) })),
  );
  console.log(`listening on 127.0.0.1:${server.address.port}`);
}

function answering(stream) {
  const request = new Request();
  let isAnswered = false;
  return {
    onReadable() {
      for (let count = stream.read(scratch); count > 0; count = stream.read(scratch))
        request.take(scratch.subarray(0, count));
      if (!stream.finished || isAnswered) return;
      isAnswered = true;
      if (request.length > 0) stream.setSource(source(request.length));
      else stream.write(scratch.subarray(0, 0), true);
    },
  };
}

function source(length) {
  let left = length;
  return (room) => {
    const bytes = Math.min(left, room.length);
    room.fill(0, 0, bytes);
    left -= bytes;
    return { bytes, fin: left === 0 };
  };
}

let session;
let authority;

async function open({ port, ca, kind }) {
  const resumes = (kind === 'resumed' || kind === 'early') && session !== undefined;
  const ticket = Promise.withResolvers?.() ?? resolvers();
  const connection = await connect({
    host: '127.0.0.1',
    port,
    ca: (authority ??= readFileSync(ca, 'utf8')),
    ALPNProtocols: [ALPN],
    transport,
    ...(resumes && { session }),
    ...(resumes && kind === 'early' && { earlyData: true }),
    onSession: (given) => {
      session = given;
      ticket.resolve();
    },
  });
  const taken = {};
  takeEvents(connection, (given) => {
    taken.by = given;
    return {};
  });
  return {
    exchange: (up, down) => exchange(taken.by, up, down),
    async close() {
      // Each ticket is used once (RFC 8446 §C.4).
      if (kind === 'resumed' || kind === 'early') await ticket.promise;
      await connection.close();
    },
  };
}

function exchange(taken, up, down) {
  return new Promise((resolve, reject) => {
    const stream = taken.handle.openStream();
    if (stream === undefined) throw new Error('no stream may be opened');
    let bytes = 0;
    taken.followStream(stream, {
      onReadable() {
        for (let count = stream.read(scratch); count > 0; count = stream.read(scratch)) bytes += count;
        if (stream.finished) resolve(bytes);
      },
      onReset: reject,
      onStopped: reject,
    });
    stream.write(encodeLength(down), up === 0);
    if (up > 0) stream.setSource(source(up));
    taken.wake();
  });
}

function resolvers() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}

if (verb === 'serve') await serve(...rest);
else await runClient(open, process.argv.slice(2));

// Opens many connections and holds them, each with a stream that has carried a question and its answer. Arguments: WAY
// PORT CA, where WAY is `core` (one context on one socket) or `tsquic` (its `connect`: a socket for each connection).
import { readFileSync } from 'node:fs';
import { createNodeProvider } from '@tsquic/crypto/node';
import { nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { createQuicContext } from '@tsquic/quic-core';
import { certificatesFromPem, createCertificateVerifier } from '@tsquic/tls13/x509';
import { connect } from 'tsquic';
import { Gauge } from './gauge.mjs';

const [way, portNumber, caFile] = process.argv.slice(2);
const to = { ip: '127.0.0.1', port: Number(portNumber) };
const ca = readFileSync(caFile, 'utf8');
/** Handshakes under way at once. */
const AT_ONCE = 50;
const QUESTION = new Uint8Array(100);
const ANSWER_BYTES = 1000;
const transport = { idleTimeoutMs: 120_000 };
const gauge = new Gauge();
const open = way === 'core' ? await createOpener() : openByConnect;
let held = [];

process.on('message', (message) => void answer(message));
process.send({});

async function answer({ ask, count }) {
  switch (ask) {
    case 'open':
      process.send(await openAll(count));
      break;
    case 'close':
      process.send({ closed: await closeAll() });
      break;
    case 'baseline':
      await gauge.begin();
      process.send({});
      break;
    case 'findings':
      process.send({
        open: held.filter((connection) => connection.alive).length,
        ...(await gauge.findings()),
      });
      break;
    case 'end':
      process.exit(0);
  }
}

async function openAll(count) {
  const begun = performance.now();
  let started = 0;
  let failed = 0;
  const one = async () => {
    while (started < count) {
      started++;
      try {
        held.push(await open());
      } catch (error) {
        if (failed++ === 0) console.error(error);
      }
      if ((held.length + failed) % 200 === 0) process.send({ progress: held.length });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return { answered: held.length, failed, seconds: (performance.now() - begun) / 1000 };
}

/** How many ended in good order. */
async function closeAll() {
  const ends = await Promise.all(held.map((connection) => connection.close()));
  held = [];
  return ends.filter(Boolean).length;
}

async function createOpener() {
  const verifier = createCertificateVerifier({ trustAnchors: certificatesFromPem(ca) });
  const crypto = createNodeProvider();
  const context = createQuicContext({ crypto, alpn: ['held'], verifier, unixTimeAtZeroUs, transport });
  const port = await openNodePort({ connect: to });
  const waiting = new Map();
  const onEvent = (event) => waiting.get(event.connection)?.(event);
  const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent });
  const answer = new Uint8Array(2 * ANSWER_BYTES);
  return () =>
    new Promise((resolve, reject) => {
      const connection = context.createConnection({ to, from: port.local }, loop.nowUs());
      const { id } = connection;
      let left = ANSWER_BYTES;
      let stream;
      waiting.set(id, (event) => {
        if (event.type === 'connected') {
          stream = connection.openStream();
          stream.write(QUESTION);
        } else if (event.type === 'stream-readable') {
          left -= stream.read(answer);
          if (left === 0) resolve(holding);
        } else if (event.type === 'closed') {
          waiting.delete(id);
          holding.alive = false;
          holding.onClosed(event.reason.kind === 'application');
          reject(new Error(JSON.stringify(event.reason)));
        }
      });
      loop.wake();
      const holding = {
        alive: true,
        onClosed: () => {},
        close: () =>
          new Promise((settle) => {
            holding.onClosed = settle;
            connection.close();
            loop.wake();
          }),
      };
    });
}

async function openByConnect() {
  const connection = await connect({
    host: '127.0.0.1',
    port: to.port,
    ca,
    ALPNProtocols: ['held'],
    transport,
  });
  const stream = await connection.openStream();
  await stream.writable.getWriter().write(QUESTION);
  const reader = stream.readable.getReader();
  for (let left = ANSWER_BYTES; left > 0;) left -= (await reader.read()).value.length;
  const holding = { alive: true };
  const gone = (inGoodOrder) => () => {
    holding.alive = false;
    return inGoodOrder;
  };
  const closed = connection.closed.then(gone(true), gone(false));
  holding.close = async () => {
    await connection.close();
    return closed;
  };
  return holding;
}

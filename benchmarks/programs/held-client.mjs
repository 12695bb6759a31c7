// Opens many connections and holds them, each with a stream that has carried a question and its answer. Arguments: WAY
// PORT CA, where WAY is `core` (one context on one socket), `tsquic` (its `connect`: a socket for each connection) or `shared`
// (`connect` over one `QuicEndpoint`).
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createNodeProvider } from '@tsquic/crypto/node';
import { EventDispatcher, nodeClock, openNodePort, QuicLoop, unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { createQuicContext } from '@tsquic/quic-core';
import { certificatesFromPem, createCertificateVerifier } from '@tsquic/tls13/x509';
import { connect, QuicEndpoint } from 'tsquic';
import { Gauge } from './gauge.mjs';

const [way, portNumber, caFile] = process.argv.slice(2);
const to = { ip: '127.0.0.1', port: Number(portNumber) };
const ca = readFileSync(caFile, 'utf8');
/** Handshakes under way at once. */
const AT_ONCE = 50;
const CLOSING_MS = 20;
const QUESTION = new Uint8Array(100);
const ANSWER_BYTES = 1000;
const transport = { idleTimeoutMs: 900_000 };
const gauge = new Gauge();
/** What all connections of `connect` have. */
const common = { ca, ALPNProtocols: ['held'], transport };
const where = way === 'shared' ? { endpoint: new QuicEndpoint(common), ALPNProtocols: ['held'] } : common;
const open = way === 'core' ? await createOpener() : openByConnect;
const held = [];

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

/**
 * How many ended in good order. They close in groups, because nobody repeats a CONNECTION_CLOSE that the server's socket had no room
 * for.
 */
async function closeAll() {
  const ends = [];
  while (held.length > 0) {
    ends.push(...(await Promise.all(held.splice(0, AT_ONCE).map((connection) => connection.close()))));
    await pause(CLOSING_MS);
  }
  return ends.filter(Boolean).length;
}

async function createOpener() {
  const verifier = createCertificateVerifier({ trustAnchors: certificatesFromPem(ca) });
  const crypto = createNodeProvider();
  const context = createQuicContext({ crypto, alpn: ['held'], verifier, unixTimeAtZeroUs, transport });
  const port = await openNodePort({ connect: to });
  const events = new EventDispatcher(context);
  const loop = new QuicLoop({ context, port, clock: nodeClock, onEvent: events.dispatch });
  const answer = new Uint8Array(2 * ANSWER_BYTES);
  return () =>
    new Promise((resolve, reject) => {
      const connection = context.createConnection({ to, from: port.local }, loop.nowUs());
      let left = ANSWER_BYTES;
      events.follow(connection, {
        onConnected: () => {
          const stream = connection.openStream();
          stream.write(QUESTION);
          events.followStream(stream, {
            onReadable: () => {
              left -= stream.read(answer);
              if (left === 0) resolve(holding);
            },
          });
        },
        onClosed: (reason) => {
          holding.alive = false;
          holding.onClosed(reason.kind === 'application');
          reject(new Error(JSON.stringify(reason)));
        },
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
  const connection = await connect({ host: '127.0.0.1', port: to.port, ...where });
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

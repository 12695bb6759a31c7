// An HTTP/0.9 client over Bun's node:quic for the interop bench: fetches URLs of one server on one connection.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { connect } from 'node:quic';
import { parseArgs } from 'node:util';

const text = { type: 'string' };
const flag = { type: 'boolean', default: false };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ca: text,
    out: text,
    alpn: text,
    version: text,
    groups: text,
    resumes: flag,
    earlyData: flag,
    datagrams: flag,
    follows: flag,
    patienceMs: text,
    connectionPerFile: flag,
  },
});
const urls = positionals.map((target) => new URL(target));
const echoed = [];
const patience = Number(values.patienceMs ?? 0);

let sessionTicket;
if (values.connectionPerFile) {
  for (const url of urls) {
    const once = await open();
    await once.opened;
    await fetchOne(once, url);
    await once.close();
  }
  process.exit(0);
}
if (values.resumes) {
  const first = await open();
  await first.opened;
  first.onsessionticket = (ticket) => (sessionTicket ??= ticket);
  await fetchOne(first, urls.shift());
  for (let i = 0; sessionTicket === undefined && i < 200; i++) await Bun.sleep(10);
  if (sessionTicket === undefined) throw new Error('no ticket came');
  await first.close();
}
const session = await open();
// What is asked before that leaves in 0-RTT packets.
if (!values.earlyData) await session.opened;
await Promise.all(urls.map((url) => fetchOne(session, url)));
if (values.earlyData && !(await session.opened).earlyDataAccepted) throw new Error('0-RTT was rejected');
if (values.datagrams) await echoDatagrams();
await session.close();
process.exit(0);

async function open() {
  return connect(urls[0].host, {
    alpn: values.alpn,
    servername: 'localhost',
    ca: [readFileSync(values.ca)],
    version: Number(values.version),
    ...(values.groups !== undefined && { groups: values.groups }),
    transportParams: {
      ...(values.datagrams && { maxDatagramFrameSize: 65_535 }),
      ...(patience > 0 && { maxIdleTimeout: patience / 1000 }),
    },
    // Who only listens is not found again after a change of its address.
    keepAlive: 1000,
    preferredAddressPolicy: values.follows ? 'use' : 'ignore',
    ...(sessionTicket !== undefined && { sessionTicket }),
    ondatagram: (datagram) => echoed.push(datagram),
    // The default is an IPv4 socket, from which no IPv6 address can be reached.
    endpoint: { address: urls[0].host.startsWith('[') ? '[::1]:0' : '127.0.0.1:0' },
  });
}

async function fetchOne(through, url) {
  const body = new TextEncoder().encode(`GET ${url.pathname}\r\n`);
  const stream = await through.createBidirectionalStream({ body });
  const pieces = [];
  for await (const batch of stream) pieces.push(...batch);
  writeFileSync(join(values.out, basename(url.pathname)), Buffer.concat(pieces));
}

/** Each must come back before the next is sent. */
async function echoDatagrams() {
  for (let number = 0; number < 20; number++) {
    const sent = Buffer.alloc(100, number);
    await session.sendDatagram(new Uint8Array(sent));
    for (let i = 0; echoed.length === 0 && i < 500; i++) await Bun.sleep(10);
    if (!sent.equals(Buffer.from(echoed.shift() ?? [])))
      throw new Error('another datagram came back, or none');
  }
}

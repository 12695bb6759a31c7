// A client for `bench http3`: makes requests to a server of benchmarks/programs/http-server.mjs and tells how long they took. Arguments:
// h3|h2|raw|bun PORT CERT requests COUNT AT-ONCE, or download BYTES
import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'tsquic';
import { fetch, Http3Agent } from 'tsquic/http3';

const [kind, port, certFile, work, ...numbers] = process.argv.slice(2);
const ca = readFileSync(certFile);
const origin = `https://127.0.0.1:${port}`;

const clients = {
  async h3() {
    const agent = new Http3Agent({ ca });
    return {
      async get(path) {
        const { body } = await fetch(`${origin}${path}`, { agent });
        let bytes = 0;
        for await (const chunk of body) bytes += chunk.length;
        return bytes;
      },
      close: () => agent.close(),
    };
  },
  async h2() {
    const session = connectHttp2(origin, { ca });
    return {
      get: (path) =>
        new Promise((resolve, reject) => {
          const stream = session.request({ ':path': path });
          let bytes = 0;
          stream.on('data', (chunk) => (bytes += chunk.length));
          stream.once('end', () => resolve(bytes));
          stream.once('error', reject);
        }),
      close: () => session.close(),
    };
  },
  bun() {
    // Over HTTP/3 it takes no authorities of the program's own.
    const init = { protocol: 'http3', tls: { rejectUnauthorized: false } };
    return {
      async get(path) {
        const { body } = await globalThis.fetch(`${origin}${path}`, init);
        let bytes = 0;
        for await (const chunk of body) bytes += chunk.length;
        return bytes;
      },
      close() {},
    };
  },
  async raw() {
    const connection = await connect({ host: '127.0.0.1', port: Number(port), ca, ALPNProtocols: ['raw'] });
    return {
      async get(path) {
        const stream = await connection.openStream();
        const writer = stream.writable.getWriter();
        void writer.write(new TextEncoder().encode(path));
        void writer.close();
        let bytes = 0;
        for await (const chunk of stream.readable) bytes += chunk.length;
        return bytes;
      },
      close: () => connection.close(),
    };
  },
};

const works = {
  /** The first tenth is not measured. */
  async requests(client, count, atOnce) {
    await inTurns(client, count / 10, atOnce);
    const begin = performance.now();
    await inTurns(client, count, atOnce);
    return { perSecond: (count / (performance.now() - begin)) * 1000 };
  },
  async download(client, bytes) {
    await client.get(`/large/${bytes / 10}`);
    const begin = performance.now();
    const received = await client.get(`/large/${bytes}`);
    if (received !== bytes) throw new Error(`${received} bytes of ${bytes} came`);
    return { seconds: (performance.now() - begin) / 1000 };
  },
};

async function inTurns(client, count, atOnce) {
  let left = count;
  const one = async () => {
    while (left-- > 0) if ((await client.get('/small')) !== 1024) throw new Error('an answer is not whole');
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

const client = await clients[kind]();
const result = await works[work](client, ...numbers.map(Number));
await client.close();
const { userCPUTime, systemCPUTime } = process.resourceUsage();
console.log(JSON.stringify({ ...result, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 }));
if (kind === 'bun') process.exit(0);

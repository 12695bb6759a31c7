// node:http2 over TLS and TCP. Arguments: `serve CERT KEY`, or those of a client.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createSecureServer } from 'node:http2';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runClient, zeros } from './contract.mjs';

const [verb, ...rest] = process.argv.slice(2);
// Its default of 64 KiB a connection would measure nothing but the window.
const WINDOW_BYTES = 16 * 1024 * 1024;
const settings = { initialWindowSize: WINDOW_BYTES };

function serve(certFile, keyFile) {
  const server = createSecureServer({
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    minVersion: 'TLSv1.3',
    settings,
  });
  server.on('session', (session) => session.setLocalWindowSize(WINDOW_BYTES));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    stream.on('data', () => {});
    stream.once('end', () => {
      stream.respond({ ':status': 200 });
      const length = Number(headers['x-length']);
      if (length === 0) stream.end();
      else void pipeline(Readable.from(zeros(length)), stream).catch(() => {});
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
}

let authority;

async function open({ port, ca }) {
  authority ??= readFileSync(ca);
  const session = connect(`https://127.0.0.1:${port}`, { ca: authority, minVersion: 'TLSv1.3', settings });
  session.on('error', () => {});
  await once(session, 'connect');
  session.setLocalWindowSize(WINDOW_BYTES);
  return {
    async exchange(up, down) {
      const stream = session.request({ ':method': 'POST', ':path': '/', 'x-length': String(down) });
      let bytes = 0;
      stream.on('data', (chunk) => (bytes += chunk.length));
      const end = once(stream, 'end');
      if (up === 0) stream.end();
      else await pipeline(Readable.from(zeros(up)), stream);
      await end;
      return bytes;
    },
    async close() {
      session.destroy();
    },
  };
}

if (verb === 'serve') serve(...rest);
else await runClient(open, process.argv.slice(2));

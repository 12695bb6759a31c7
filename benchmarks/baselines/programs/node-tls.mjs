// node:tls over TCP. Arguments: `serve CERT KEY`, or those of a client.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:tls';
import { decodeLength, encodeLength, runClient, zeros } from './contract.mjs';

const [verb, ...rest] = process.argv.slice(2);

function serve(certFile, keyFile) {
  const identity = { cert: readFileSync(certFile), key: readFileSync(keyFile), minVersion: 'TLSv1.3' };
  const server = createServer(identity, (socket) => {
    socket.on('error', () => socket.destroy());
    void answer(socket).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
}

/** Requests one after the other: how many bytes back, how many follow; the answer to none is one byte. */
async function answer(socket) {
  let held = new Uint8Array(0);
  let follow = -1;
  let down = 0;
  for await (const chunk of socket) {
    held = follow > 0 ? chunk : joined(held, chunk);
    for (;;) {
      if (follow < 0) {
        if (held.length < 16) break;
        [down, follow] = [decodeLength(held.subarray(0, 8)), decodeLength(held.subarray(8, 16))];
        held = held.subarray(16);
      }
      const taken = Math.min(follow, held.length);
      follow -= taken;
      held = held.subarray(taken);
      if (follow > 0) break;
      follow = -1;
      await send(socket, Math.max(1, down));
    }
  }
  socket.end();
}

function joined(first, second) {
  return first.length === 0 ? second : Buffer.concat([first, second]);
}

async function send(socket, length) {
  for (const chunk of zeros(length)) if (!socket.write(chunk)) await once(socket, 'drain');
}

let authority;
let session;

async function open({ port, ca, kind }) {
  authority ??= readFileSync(ca);
  const resumes = kind === 'resumed';
  const socket = connect({
    host: '127.0.0.1',
    port,
    ca: authority,
    minVersion: 'TLSv1.3',
    ...(resumes && session !== undefined && { session }),
  });
  const ticket = new Promise((resolve) => {
    socket.on('session', (given) => {
      session = given;
      resolve();
    });
  });
  await once(socket, 'secureConnect');
  if (!socket.authorized) throw new Error('the certificate was not accepted');
  socket.on('error', () => {});
  let onBytes = () => {};
  socket.on('data', (chunk) => onBytes(chunk.length));
  return {
    async exchange(up, down) {
      let bytes = 0;
      const all = new Promise((resolve) => {
        onBytes = (count) => {
          bytes += count;
          if (bytes >= Math.max(1, down)) resolve();
        };
      });
      socket.write(Buffer.concat([encodeLength(down), encodeLength(up)]));
      await send(socket, up);
      await all;
      return down === 0 ? 0 : bytes;
    },
    async close() {
      // A session may be resumed again and again here, and a resumed one brings no ticket.
      if (resumes && session === undefined) await ticket;
      socket.destroy();
    },
  };
}

if (verb === 'serve') serve(...rest);
else await runClient(open, process.argv.slice(2));

// Sends files over one connection, a stream for each.
//   node -C tsquic-src --import ./tools/ts.mjs examples/file-transfer.ts receive cert.pem key.pem FOLDER [PORT]
//   node -C tsquic-src --import ./tools/ts.mjs examples/file-transfer.ts send cert.pem PORT FILE…
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { connect, listen, type QuicStream } from 'tsquic';
import { createDuplex } from 'tsquic/node';

const ALPNProtocols = ['file-transfer'];
const [mode, ...words] = process.argv.slice(2);
try {
  await (mode === 'receive' ? receive(words) : send(words));
} catch (error) {
  console.error(`file-transfer: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function receive([cert = '', key = '', folder = '.', port = '0']: readonly string[]): Promise<void> {
  const identity = { cert: readFileSync(cert), key: readFileSync(key, 'utf8') };
  const options = { host: '127.0.0.1', port: Number(port), ALPNProtocols, ...identity };
  const listener = await listen(options, async (connection) => {
    for await (const stream of connection) {
      save(stream, folder).catch((error: unknown) => {
        console.error((error as Error).message);
        stream.destroy(error);
      });
    }
  });
  console.log(`listening on port ${listener.address.port}`);
  process.once('SIGTERM', () => void listener.close());
}

/** The first line of a stream is the name, the rest is the file. */
async function save(stream: QuicStream, folder: string): Promise<void> {
  const chunks = stream.readable[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (!head.includes('\n')) {
    const { value, done } = await chunks.next();
    if (done === true || head.length > 4096) throw new Error('a stream without a name');
    head = Buffer.concat([head, value]);
  }
  const end = head.indexOf('\n');
  const name = basename(head.toString('utf8', 0, end));
  const file = createWriteStream(join(folder, name));
  await pipeline(async function* () {
    yield head.subarray(end + 1);
    yield* chunks;
  }, file);
  console.log(`${name}: ${file.bytesWritten} bytes`);
}

async function send([ca = '', port = '4433', ...paths]: readonly string[]): Promise<void> {
  const connection = await connect({
    host: '127.0.0.1',
    port: Number(port),
    ca: readFileSync(ca),
    ALPNProtocols,
  });
  await Promise.all(
    paths.map(async (path) => {
      const duplex = createDuplex(await connection.openStream({ unidirectional: true }));
      duplex.write(`${basename(path)}\n`);
      // Ends when the other side has acknowledged the last byte.
      await pipeline(createReadStream(path), duplex);
    }),
  );
  const { bytesSent, packetsLost, smoothedRttUs } = connection.statistics();
  console.log(`${bytesSent} bytes sent, ${packetsLost} packets lost, round trip ${smoothedRttUs / 1000} ms`);
  await connection.close();
}

// A room: whatever one says, all others read.
//   node -C tsquic-src --import ./tools/ts.mjs examples/chat.ts serve cert.pem key.pem [PORT]
//   node -C tsquic-src --import ./tools/ts.mjs examples/chat.ts join cert.pem PORT NAME
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect, listen } from 'tsquic';

const ALPNProtocols = ['chat'];
const [mode, ...words] = process.argv.slice(2);
try {
  await (mode === 'serve' ? serve(words) : join(words));
} catch (error) {
  console.error(`chat: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function serve([cert = '', key = '', port = '4433']: readonly string[]): Promise<void> {
  const room = new Set<WritableStreamDefaultWriter<Uint8Array>>();
  const identity = { cert: readFileSync(cert), key: readFileSync(key, 'utf8') };
  const options = { host: '127.0.0.1', port: Number(port), ALPNProtocols, ...identity };
  const listener = await listen(options, async (connection) => {
    for await (const stream of connection) {
      const writer = stream.writable.getWriter();
      room.add(writer);
      try {
        await writer.write(new TextEncoder().encode(`${room.size} here\n`));
        for await (const chunk of stream.readable) {
          for (const other of room) {
            // Who does not keep up misses something, and holds up nobody.
            if (other !== writer && (other.desiredSize ?? 0) > 0)
              other.write(chunk).catch(() => room.delete(other));
          }
        }
        await writer.close();
      } finally {
        // Whoever leaves without a word has left as well.
        room.delete(writer);
      }
    }
  });
  console.log(`listening on port ${listener.address.port}`);
  process.once('SIGTERM', () => void listener.close());
}

async function join([ca = '', port = '4433', name = 'somebody']: readonly string[]): Promise<void> {
  // A quiet room is no reason to leave it.
  const transport = { keepAliveMs: 10_000 };
  const options = { host: '127.0.0.1', port: Number(port), ca: readFileSync(ca), ALPNProtocols, transport };
  const connection = await connect(options);
  const { readable, writable } = await connection.openStream();
  const writer = writable.getWriter();
  const say = (text: string): Promise<void> => writer.write(new TextEncoder().encode(`${name}: ${text}\n`));
  await say('hello');
  createInterface({ input: process.stdin })
    .on('line', (line) => void say(line).catch(() => {}))
    .on('close', () => void writer.close().catch(() => {}));
  for await (const chunk of readable) process.stdout.write(chunk);
  await connection.close();
}

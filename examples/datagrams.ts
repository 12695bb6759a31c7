// Pings of 20 bytes as datagrams (RFC 9221), ten a second until COUNT are answered, and what became of each.
//   node -C tsquic-src --import ./tools/ts.mjs examples/datagrams.ts serve cert.pem key.pem [PORT]
//   node -C tsquic-src --import ./tools/ts.mjs examples/datagrams.ts ping cert.pem PORT [COUNT]
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, listen, type QuicConnection } from 'tsquic';

const ALPNProtocols = ['ping'];
/** Each end says for itself that it takes datagrams: here, as large as packets are. */
const transport = { maxDatagramFrameBytes: 65_535 };

const [role, certFile = 'cert.pem', ...rest] = process.argv.slice(2);
const cert = readFileSync(certFile, 'utf8');
if (role === 'serve') await serve(readFileSync(rest[0] ?? 'key.pem', 'utf8'), Number(rest[1] ?? 0));
else await ping(Number(rest[0]), Number(rest[1] ?? 10));

async function serve(key: string, port: number): Promise<void> {
  const listener = await listen({ port, cert, key, ALPNProtocols, transport }, answer);
  console.log(`listening on port ${listener.address.port}`);
  process.once('SIGTERM', () => void listener.close());
}

/** Every datagram goes back, unless it would have to wait for more than 100 ms. */
async function answer({ datagrams }: QuicConnection): Promise<void> {
  datagrams.outgoingMaxAge = 100;
  await datagrams.readable.pipeTo(datagrams.writable).catch(() => {});
}

async function ping(port: number, count: number): Promise<void> {
  const connection = await connect({ host: 'localhost', port, ca: cert, ALPNProtocols, transport });
  const { datagrams } = connection;
  console.log(`up to ${datagrams.maxDatagramSize} bytes`);
  const outcomes = new Map<string, number>();
  const toldOf: Promise<void>[] = [];
  // Datagrams may be lost on either way, so that there may be more of them than answers.
  for (let number = 0, answers = 0; answers < count; number++) {
    const data = new Uint8Array(20).fill(number);
    const told = new Promise<void>((resolve) => {
      datagrams.send(data, {
        onOutcome: (outcome) => {
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          resolve();
        },
      });
    });
    toldOf.push(told);
    await wait(100);
    for (let back = datagrams.receive(); back !== undefined; back = datagrams.receive(), answers++)
      console.log(`${back[0]} is back`);
  }
  // A connection that ends has no outcomes any more.
  await Promise.race([Promise.all(toldOf), connection.closed]);
  for (const [outcome, times] of outcomes) console.log(`${times} ${outcome}`);
  await connection.close();
}

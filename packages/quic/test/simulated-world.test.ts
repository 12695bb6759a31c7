import { expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import {
  createTestIdentity,
  openSimulatedPort,
  TEST_UNIX_TIME_US,
  testRootCertificate,
  World,
} from '@tsquic/simulator';
import { connect, type ConnectOptions, listen, type ListenOptions } from 'tsquic';
import { certificate, HOST, receive, send } from './endpoints.ts';

const TEXT = 'to and fro '.repeat(20_000);

/** An application as it would run anywhere: it knows nothing of sockets, clocks and networks but their options. */
async function echo(
  serverOptions: Partial<ListenOptions>,
  clientOptions: Partial<ConnectOptions>,
): Promise<string> {
  const ALPNProtocols = ['echo'];
  const listener = await listen({ ALPNProtocols, host: HOST, ...serverOptions }, async (peer) => {
    for await (const { readable, writable } of peer) await readable.pipeTo(writable);
  });
  const { ip: host, port } = listener.address;
  const connection = await connect({ ALPNProtocols, host, port, ...clientOptions });
  const stream = await connection.openStream();
  const [text] = await Promise.all([receive(stream.readable), send(stream.writable, TEXT)]);
  await connection.close();
  await listener.close();
  return text;
}

test('an application over sockets', async () => {
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  expect(await echo({ cert, key }, { ca: cert })).toBe(TEXT);
});

test('the same application over a simulated network that loses 5 %, twice the same', async () => {
  const first = await echoIn(new World(11));
  expect(first.text).toBe(TEXT);
  // The handshake, the text both ways and the goodbye: six round trips of 300 ms at the least.
  expect(first.seconds).toBeGreaterThan(1.8);
  expect(first.seconds).toBeLessThan(60);
  expect(first.lost).toBeGreaterThan(0);
  expect(await echoIn(new World(11))).toEqual(first);
});

async function echoIn(world: World): Promise<{ text: string; seconds: number; lost: number }> {
  const [here, there] = ['10.0.0.1', '10.0.0.2'];
  const client = openSimulatedPort(world, { name: 'client', address: { ip: here, port: 50_000 } });
  const server = openSimulatedPort(world, { name: 'server', address: { ip: there, port: 4433 } });
  const link = { delayUs: 150_000, loss: { kind: 'random', rate: 0.05 } } as const;
  const links = [world.addLink('up', link), world.addLink('down', link)] as const;
  world.addRoute(here, there, [links[0]]);
  world.addRoute(there, here, [links[1]]);
  const crypto = createNodeProvider({ random: (into) => world.random.fillBytes(into) });
  const shared = { crypto, unixTimeAtZeroUs: TEST_UNIX_TIME_US };
  // Signatures of this key are the same in every run, unlike those of a fresh certificate.
  const identity = { SNICallback: () => undefined, core: { identity: createTestIdentity(crypto) } };
  const application = echo(
    { ...shared, ...identity, socket: server.port, clock: server.clock },
    { ...shared, ca: testRootCertificate(), socket: client.port, clock: client.clock },
  );
  const text = await passUntil(world, application);
  return { text, seconds: world.nowUs / 1e6, lost: links[0].dropped + links[1].dropped };
}

/** Let virtual time pass until `promise` has settled. What one instant sets free runs before the next. */
async function passUntil<T>(world: World, promise: Promise<T>): Promise<T> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  for (let quietSeconds = 0; quietSeconds < 100;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (settled) return promise;
    let instants = 0;
    quietSeconds = world.run(() => instants++ > 0, world.nowUs + 1_000_000) ? 0 : quietSeconds + 1;
  }
  throw new Error('nothing happens any more');
}

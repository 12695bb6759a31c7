import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { QuicLoop } from '@tsquic/event-adapters';
import { createQuicContext } from '@tsquic/quic-core';
import { openSimulatedPort, type SimulatedPort } from './port.ts';
import { createTestIdentity, TEST_UNIX_TIME_US } from './test-identity.ts';
import { World } from './world.ts';

const CLIENT = { ip: '10.0.0.1', port: 5000 };
const SERVER = { ip: '10.0.0.2', port: 4433 };

describe('a simulated port', () => {
  test('delivers after the delay of the link, in order, from where it was sent', () => {
    const { world, client, server } = joined(25_000);
    const heard: unknown[] = [];
    server.port.onDatagram = (bytes, from, ecn) => heard.push([world.nowUs, bytes[0], from, ecn]);
    for (const value of [1, 2]) client.port.send(new Uint8Array([value]), 0, 1, SERVER, 2);
    world.run(() => false, 100_000);
    expect(heard).toEqual([
      [25_000, 1, CLIENT, 2],
      [25_000, 2, CLIENT, 2],
    ]);
  });

  test('has alarms in virtual time', () => {
    const { world, client } = joined();
    const rang: number[] = [];
    const alarm = client.clock.createAlarm(() => rang.push(world.nowUs));
    alarm.set(3_600_000_000);
    world.run(() => false, 7_200_000_000);
    alarm.set(5);
    alarm.cancel();
    world.run(() => false, 7_300_000_000);
    expect(rang).toEqual([3_600_000_000]);
  });

  test.each([0, 0.2])('runs a program of loops at a loss of %d, the same with the same seed', (lossRate) => {
    const outcome = echoThrough(lossRate);
    expect(outcome).toMatchObject({ text: 'HELLO', kind: 'application' });
    expect(echoThrough(lossRate)).toEqual(outcome);
  });

  test('closed, is silent', () => {
    const { world, client, server } = joined();
    let heard = 0;
    server.port.onDatagram = () => heard++;
    server.port.close();
    client.port.send(new Uint8Array(1), 0, 1, SERVER, 0);
    world.run(() => false, 1_000_000);
    client.port.close();
    client.port.send(new Uint8Array(1), 0, 1, SERVER, 0);
    world.run(() => false, 2_000_000);
    expect(heard).toBe(0);
  });
});

/** Two loops, written as over real sockets: the client says hello, the server shouts it back. */
function echoThrough(lossRate: number): { atUs: number; text: string; kind: string } {
  const { world, client, server } = joined(40_000, lossRate);
  const crypto = createNodeProvider({ random: (into) => world.random.fillBytes(into) });
  const shared = { crypto, alpn: ['shout'], unixTimeAtZeroUs: TEST_UNIX_TIME_US };
  const serverContext = createQuicContext({ ...shared, identity: createTestIdentity(crypto) });
  const clientContext = createQuicContext({ ...shared, dangerouslySkipCertificateCheck: true });
  const buffer = new Uint8Array(100);
  let text = '';
  let kind = '';
  new QuicLoop({
    context: serverContext,
    ...server,
    onEvent: (event) => {
      if (event.type !== 'stream-readable') return;
      const stream = serverContext.connection(event.connection)?.stream(event.streamId);
      const said = new TextDecoder().decode(buffer.subarray(0, stream?.read(buffer)));
      stream?.write(new TextEncoder().encode(said.toUpperCase()), stream.finished);
    },
  });
  const loop = new QuicLoop({
    context: clientContext,
    ...client,
    onEvent: (event) => {
      if (event.type === 'connected') connection.openStream()?.write(new TextEncoder().encode('hello'), true);
      if (event.type === 'closed') ({ kind } = event.reason);
      if (event.type !== 'stream-readable') return;
      const stream = connection.stream(event.streamId);
      text += new TextDecoder().decode(buffer.subarray(0, stream?.read(buffer)));
      if (stream?.finished === true) connection.close();
    },
  });
  const connection = clientContext.createConnection({ to: SERVER }, loop.nowUs());
  loop.wake();
  world.run(() => kind !== '', 60_000_000);
  return { atUs: world.nowUs, text, kind };
}

function joined(
  delayUs = 10_000,
  lossRate = 0,
): { world: World; client: SimulatedPort; server: SimulatedPort } {
  const world = new World(3);
  const client = openSimulatedPort(world, { name: 'client', address: CLIENT });
  const server = openSimulatedPort(world, { name: 'server', address: SERVER });
  const options = { delayUs, ...(lossRate > 0 ? { loss: { kind: 'random', rate: lossRate } as const } : {}) };
  world.addRoute(CLIENT.ip, SERVER.ip, [world.addLink('up', options)]);
  world.addRoute(SERVER.ip, CLIENT.ip, [world.addLink('down', options)]);
  return { world, client, server };
}

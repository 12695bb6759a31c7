import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConnectOptions, PathEvent, QuicConnection, QuicListener } from 'tsquic';
import { certificate, dial, HOST, serve } from './endpoints.ts';
import { VirtualNetwork, type VirtualPort } from './virtual-network.ts';

const SERVER_IP = '192.0.2.2';
const OFFERS = { transport: { maxPaths: 4 } };

// All in virtual time: no test waits, and none depends on how busy the machine is.
let network: VirtualNetwork;
let listener: QuicListener;
beforeEach(async () => {
  await certificate();
  network = new VirtualNetwork();
  const { clock, unixTimeAtZeroUs } = network;
  const socket = network.openPort(SERVER_IP);
  listener = await serve(undefined, { socket, clock, unixTimeAtZeroUs, ...OFFERS });
});
afterEach(async () => {
  await network.until(listener.close());
  await network.pass(1_000_000);
  if (network.armed > 0) throw new Error('something was left open');
});

/** A client whose first path is bound at the port that is returned besides. */
async function connected(options: Partial<ConnectOptions> = {}): Promise<[QuicConnection, VirtualPort]> {
  const { clock, unixTimeAtZeroUs } = network;
  const socket = network.openPort('192.0.2.10');
  const dialled = dial(listener, {
    host: SERVER_IP,
    servername: HOST,
    socket,
    clock,
    unixTimeAtZeroUs,
    ...OFFERS,
    ...options,
  });
  const client = await network.until(dialled);
  await network.until(client.ready);
  return [client, socket];
}

describe('the sockets of a client with several paths', () => {
  test('the first is closed a while after its path was abandoned, and the addresses are those of the other', async () => {
    const [client, first] = await connected();
    const second = network.openPort('192.0.2.11');
    expect(await network.until(client.paths.open({ socket: second }))).toBe(1);
    expect(client.paths.abandon(0)).toBe(true);
    await network.pass(10_000);
    expect([first.isClosed, second.isClosed]).toEqual([false, false]);
    await network.pass(5_000_000);
    expect([first.isClosed, second.isClosed]).toEqual([true, false]);
    expect(client.localAddress).toEqual(second.local);
    expect(client.remoteAddress.ip).toBe(SERVER_IP);
    await expect(
      network.until(client.rebind({ socket: network.openPort('192.0.2.12') })),
    ).rejects.toMatchObject({ code: 'ERR_QUIC_MIGRATION' });
    await network.until(client.close());
    await network.pass(1_000_000);
    expect(second.isClosed).toBe(true);
  });

  test('those that the first path has moved to are closed with it', async () => {
    const [client, first] = await connected();
    const moved = network.openPort('192.0.2.11');
    await network.until(client.rebind({ socket: moved }));
    expect(client.localAddress).toEqual(moved.local);
    const second = network.openPort('192.0.2.12');
    await network.until(client.paths.open({ socket: second }));
    expect(client.paths.abandon(0)).toBe(true);
    await network.pass(5_000_000);
    expect([first.isClosed, moved.isClosed, second.isClosed]).toEqual([true, true, false]);
    await network.until(client.close());
  });

  test('`rebind` moves the first path, also where another is in use', async () => {
    const heard: PathEvent[] = [];
    const [client] = await connected({ onPath: (event) => void heard.push(event) });
    const second = network.openPort('192.0.2.11');
    await network.until(client.paths.open({ socket: second }));
    expect(client.paths.setStatus(0, 'backup')).toBe(true);
    await network.pass(100_000);
    const moved = network.openPort('192.0.2.12');
    await network.until(client.rebind({ socket: moved }));
    const localsOf = (pathId: number): string[] =>
      client
        .pathStatistics()
        .filter((path) => path.active && path.pathId === pathId)
        .map(({ local }) => local.ip);
    expect([localsOf(0), localsOf(1)]).toEqual([['192.0.2.12'], ['192.0.2.11']]);
    expect(heard.map(({ pathId, change }) => `${pathId} ${change}`)).toEqual([
      '1 validated',
      '0 validated',
      '0 active',
    ]);
    await network.until(client.close());
  });

  test('many are opened and abandoned at once, and each call hears what became of its own', async () => {
    const [client] = await connected({ transport: { maxPaths: 12 } });
    // The server allows three besides the first.
    const ports = Array.from({ length: 12 }, (_, i) => network.openPort(`192.0.2.${20 + i}`));
    const opened = ports.map((socket) => client.paths.open({ socket }));
    const outcomes = await network.until(Promise.allSettled(opened));
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 3 }, () => 'fulfilled'),
      ...Array.from({ length: 9 }, () => 'rejected'),
    ]);
    expect(ports.map(({ isClosed }) => isClosed)).toEqual(ports.map((_, i) => i >= 3));
    await network.until(client.close());
  });
});

describe('data that is bound to a path', () => {
  test('streams and datagrams leave on it, or on all', async () => {
    const transport = { maxPaths: 2, maxDatagramFrameBytes: 65_535 };
    const { clock, unixTimeAtZeroUs } = network;
    const socket = network.openPort('192.0.2.3');
    const taking = await serve(undefined, { socket, clock, unixTimeAtZeroUs, transport });
    const [client] = await connected({ transport, host: '192.0.2.3', port: taking.address.port });
    await network.until(client.paths.open({ socket: network.openPort('192.0.2.11') }));
    const carriedBy = (pathId: number): number =>
      client.pathStatistics().find((path) => path.pathId === pathId)!.bytesDelivered;
    const before = [carriedBy(0), carriedBy(1)];
    const stream = await network.until(client.openStream({ unidirectional: true }));
    expect(stream.setPath(1)).toBe(true);
    expect(stream.setPath(5)).toBe(false);
    expect(() => stream.setPath('best' as never)).toThrow(
      expect.objectContaining({ code: 'ERR_QUIC_INVALID_OPTION' }),
    );
    const writer = stream.writable.getWriter();
    await network.until(writer.write(new Uint8Array(50_000)));
    await network.until(writer.close());
    expect(client.datagrams.send(new Uint8Array(1000), { path: 1 })).toBe(true);
    expect(client.datagrams.send(new Uint8Array(1000), { path: 'all' })).toBe(true);
    expect(client.datagrams.send(new Uint8Array(1000), { path: 7 })).toBe(false);
    expect(() => client.datagrams.send(new Uint8Array(10), { path: -1 })).toThrow(
      expect.objectContaining({ code: 'ERR_QUIC_INVALID_OPTION' }),
    );
    await network.pass(100_000);
    expect(carriedBy(1) - before[1]!).toBeGreaterThan(52_000);
    expect(carriedBy(0) - before[0]!).toBeLessThan(5000);
    await network.until(client.close());
    await network.until(taking.close());
  });
});

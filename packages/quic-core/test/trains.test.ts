import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Observer } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import { createOutgoingDatagram, type OutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import type { QuicContext } from '../src/context/context.ts';
import type { Attacker } from './support/attacker.ts';
import { attackServer, coreOf, createServer, eventsOf } from './support/contexts.ts';
import { ackFrame } from './support/frames.ts';

const APP = Level.Application;
const MS = 1000;
const SECOND = 1_000_000;
const MIB = 1024 * 1024;
const LARGE = 65_536;
const ONE = 1452;

/** A server with something to send, and a client that has shaken hands and acknowledged everything. */
function scene(seed = 3, bytes = 100_000): { server: QuicContext; client: Attacker } {
  const server = createServer({}, 1);
  const client = connectTo(server, seed);
  const stream = server.connection(client.connectionId)!.openStream({ unidirectional: true })!;
  stream.write(new Uint8Array(bytes).fill(7));
  return { server, client };
}

function connectTo(server: QuicContext, seed: number): Attacker {
  const client = attackServer(
    server,
    {
      address: { ip: '192.0.2.66', port: 6000 + seed },
      parameters: (own) =>
        void Object.assign(own, { initialMaxData: 64 * MIB, initialMaxStreamDataUni: 64 * MIB }),
    },
    seed,
  );
  for (const event of eventsOf(server)) if (event.type === 'accepted') client.connectionId = event.connection;
  // The MTU is found, and the window grown.
  server.connection(client.connectionId)!.openStream({ unidirectional: true })!.write(new Uint8Array(5000));
  for (let i = 0; i < 30; i++) {
    client.pass(20 * MS);
    acknowledge(client);
  }
  return client;
}

function acknowledge(client: Attacker): void {
  const numbers = client.seen.filter(({ level }) => level === APP).map(({ number }) => number);
  client.send(APP, ackFrame([...new Set(numbers)].sort((a, b) => a - b)));
}

/** Each call of `prepareNextPacket` until nothing is due, as the datagrams that it gave. */
function callsOf(
  server: QuicContext,
  bufferBytes: number,
  nowUs: number,
): (OutgoingDatagram & { datagrams: Uint8Array[] })[] {
  const calls = [];
  const out = createOutgoingDatagram(new Uint8Array(bufferBytes));
  while (server.prepareNextPacket(out, nowUs) > 0) {
    const datagrams = [];
    for (let at = 0; at < out.length; at += out.segmentSize)
      datagrams.push(out.buffer.slice(at, Math.min(at + out.segmentSize, out.length)));
    calls.push({ ...out, datagrams });
  }
  return calls;
}

describe('a train', () => {
  test('has equal datagrams, of which the last may be shorter, all for the same place', () => {
    const { server, client } = scene(3, 9000);
    const calls = callsOf(server, LARGE, client.nowUs);
    const [train] = calls;
    expect(train!.datagrams.length).toBeGreaterThan(5);
    expect(train!.length).toBe(train!.datagrams.reduce((sum, { length }) => sum + length, 0));
    expect(train!.to).toEqual(client.address);
    const sizes = train!.datagrams.map(({ length }) => length);
    expect(new Set(sizes.slice(0, -1))).toEqual(new Set([train!.segmentSize]));
    expect(sizes.at(-1)).toBeLessThanOrEqual(train!.segmentSize);
    // Every datagram can be read for itself.
    client.seen.length = 0;
    for (const { datagrams } of calls) for (const datagram of datagrams) client.take(datagram);
    expect(client.seen).toHaveLength(calls.flatMap(({ datagrams }) => datagrams).length);
    const data = client.seen.flatMap(({ frames }) => frames).filter(({ type }) => type >= 8 && type < 16);
    expect(data.reduce((sum, one) => sum + one.data.length, 0)).toBe(9000);
  });

  test('says, byte for byte, what single datagrams say', () => {
    const [many, single] = [LARGE, ONE].map((bufferBytes) => {
      const { server, client } = scene();
      return callsOf(server, bufferBytes, client.nowUs);
    });
    expect(single!.every(({ length, segmentSize }) => length === segmentSize)).toBe(true);
    expect(many!.length).toBeLessThan(single!.length / 3);
    expect(many!.flatMap(({ datagrams }) => datagrams)).toEqual(
      single!.flatMap(({ datagrams }) => datagrams),
    );
  });

  test.each([ONE, 2 * ONE - 1, 2 * ONE, 5 * ONE + 100])('fits into a buffer of %i bytes', (bufferBytes) => {
    const { server, client } = scene();
    const calls = callsOf(server, bufferBytes, client.nowUs);
    const most = Math.max(...calls.map(({ datagrams }) => datagrams.length));
    expect(most).toBe(Math.floor(bufferBytes / ONE));
  });

  test('stays within the congestion window', () => {
    const { server, client } = scene(3, 2 * MIB);
    callsOf(server, LARGE, client.nowUs);
    const { bytesInFlight, congestionWindowBytes } = server.connection(client.connectionId)!.statistics();
    expect(bytesInFlight).toBeLessThanOrEqual(congestionWindowBytes);
    expect(congestionWindowBytes - bytesInFlight).toBeLessThan(20 * ONE);
  });

  test('counts each of its datagrams in the statistics', () => {
    const { server, client } = scene();
    const handle = server.connection(client.connectionId)!;
    const before = handle.statistics();
    const calls = callsOf(server, LARGE, client.nowUs);
    const after = handle.statistics();
    expect(after.packetsSent - before.packetsSent).toBe(calls.flatMap(({ datagrams }) => datagrams).length);
    expect(after.bytesSent - before.bytesSent).toBe(calls.reduce((sum, { length }) => sum + length, 0));
  });

  test('leaves connections their turns: one train each', () => {
    const server = createServer({}, 1);
    const clients = [3, 4, 5].map((seed) => connectTo(server, seed));
    for (const { connectionId } of clients)
      server.connection(connectionId)!.openStream({ unidirectional: true })!.write(new Uint8Array(50_000));
    const nowUs = Math.max(...clients.map((client) => client.nowUs));
    const calls = callsOf(server, 4 * ONE, nowUs).map(({ connection }) => connection);
    expect(new Set(calls.slice(0, 3)).size).toBe(3);
    expect(calls.slice(3, 6)).toEqual(calls.slice(0, 3));
  });

  test('ends with its connection, and no other', () => {
    const server = createServer({}, 1);
    const [client, other] = [connectTo(server, 3), connectTo(server, 9)];
    server.connection(other.connectionId)!.openStream({ unidirectional: true })!.write(new Uint8Array(3000));
    const stream = server.connection(client.connectionId)!.openStream({ unidirectional: true })!;
    let asked = 0;
    stream.setSource((room) => {
      if (++asked === 3) stream.connection.close(5);
      return { bytes: room.length, fin: false };
    });
    const calls = callsOf(server, LARGE, Math.max(client.nowUs, other.nowUs));
    expect(new Set(calls.map(({ connection }) => connection)).size).toBe(2);
    expect(server.connection(other.connectionId)!.closeReason).toBeUndefined();
    expect(coreOf(server).parts.closeState.active).toBe(true);
  });

  test('holds no probe of an MTU', () => {
    const pair = createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: 4,
      clientHost: { sendBufferBytes: LARGE },
      serverHost: { sendBufferBytes: LARGE },
      link: { delayUs: 5 * MS, bytesPerSecond: 5_000_000, mtuBytes: 1400 },
    });
    const sizes = new Set<number>();
    const observer: Observer = {
      onAfterPrepare(_host, { segmentSize }, length) {
        if (length > segmentSize) sizes.add(segmentSize);
      },
    };
    pair.world.observe(observer);
    const { id } = pair.server.sendPattern(MIB, { unidirectional: true });
    expect(pair.run(() => pair.client.received(id).finished, 30 * SECOND)).toBe(true);
    expect(sizes.size).toBeGreaterThan(0);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(1400);
  });
});

test.each([1, 2, 3, 4, 5, 6])('all arrives, with losses, whatever the buffers hold: seed %i', (seed) => {
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed,
    clientHost: { sendBufferBytes: [1500, 4000, 20_000, LARGE][seed % 4]! },
    serverHost: { sendBufferBytes: [LARGE, 3000, 9000][seed % 3]! },
    link: { delayUs: 10 * MS, bytesPerSecond: 2_000_000, loss: { kind: 'random', rate: 0.03 } },
  });
  const ids = [pair.server.sendPattern(600_000).id, pair.server.sendPattern(200_000).id];
  const up = pair.client.sendPattern(400_000).id;
  const isDone = (): boolean =>
    ids.every((id) => pair.client.received(id).finished) && pair.server.received(up).finished;
  expect(pair.run(isDone, 60 * SECOND)).toBe(true);
  expect(ids.every((id) => pair.client.received(id).isPattern) && pair.server.received(up).isPattern).toBe(
    true,
  );
});
